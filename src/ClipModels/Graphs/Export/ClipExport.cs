using ClipGrpc.Models.Checkpoints;

namespace ClipGrpc.Models.Graphs.Export;

/// <summary>Writes a checkpoint's two towers as ONNX files that any program with ONNX Runtime can load.</summary>
internal static class ClipExport
{
    public const string ImageTower = "vision_model";
    public const string TextTower = "text_model";

    /// <summary>
    /// Writes <c>vision_model.onnx</c>, <c>text_model.onnx</c>, the file beside each with its weights, the tokenizer's
    /// and configuration's files, and a README. Files of those names are replaced, each when the new one is whole.
    /// </summary>
    /// <param name="checkpoint">What to write.</param>
    /// <param name="source">The checkpoint's folder.</param>
    /// <param name="name">What the README calls the model.</param>
    /// <param name="precision">Of the graphs.</param>
    /// <param name="folder">Where to; it exists and is not <paramref name="source"/>.</param>
    /// <exception cref="ClipException">The weights do not fit the configuration.</exception>
    public static IReadOnlyList<ExportedTower> Write(
        ClipCheckpoint checkpoint, string source, string name, Precision precision, string folder)
    {
        IReadOnlyList<ExportedTower> towers =
        [
            TowerFile.Write(
                ImageTowerGraph.Build(checkpoint.Config, checkpoint.Weights, precision), folder, ImageTower),
            TowerFile.Write(TextTowerGraph.Build(checkpoint.Config, checkpoint.Weights, precision), folder, TextTower),
        ];
        foreach (var file in CheckpointFiles.Settings.Where(file => File.Exists(Path.Combine(source, file))))
            File.Copy(Path.Combine(source, file), Path.Combine(folder, file), overwrite: true);

        var readme = ExportReadme.Render(checkpoint, name, precision, towers);
        File.WriteAllText(Path.Combine(folder, "README.md"), readme);
        return towers;
    }
}
