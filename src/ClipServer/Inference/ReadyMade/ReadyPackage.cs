using ClipGrpc.Server.Models;

namespace ClipGrpc.Server.Inference.ReadyMade;

/// <summary>Towers that somebody else exported to ONNX.</summary>
internal sealed class ReadyPackage : IModelPackage
{
    /// <summary>
    /// Exporters leave the learnt scale out. Training keeps it at 100 or below, and the published models end there.
    /// </summary>
    private const float UsualLogitScale = 100;

    private readonly string _imagePath;
    private readonly string _textPath;

    /// <exception cref="ClipException">A file is missing, or the configuration is not sound.</exception>
    public ReadyPackage(string folder, ReadyLayout layout, Precision precision)
    {
        (string image, string text) = layout.Choose(folder, precision);
        _imagePath = Path.Combine(folder, image);
        _textPath = Path.Combine(folder, text);
        Config = layout.ReadConfig(folder);
        TokenizerFolder = Path.Combine(folder, layout.TokenizerFolder);
        Revision = CheckpointRevision.Of(folder, FilesOf(folder, layout, image, text));
    }

    public ClipConfig Config { get; }

    public string TokenizerFolder { get; }

    public float LogitScale => UsualLogitScale;

    public string Revision { get; }

    public long Parameters => 0;

    public IEncoder<ReadOnlyMemory<byte>> CreateImageEncoder(InferenceOptions options, int maxBatchSize) =>
        ReadyImageEncoder.Open(_imagePath, Config, options, maxBatchSize);

    public IEncoder<ReadOnlyMemory<int>> CreateTextEncoder(InferenceOptions options, int maxBatchSize) =>
        ReadyTextEncoder.Open(_textPath, Config, options, maxBatchSize);

    public void Dispose()
    {
        // The sessions read the files themselves.
    }

    /// <summary>The towers, the files beside them with a tower's name in front (weights), and the settings.</summary>
    private static IEnumerable<string> FilesOf(string folder, ReadyLayout layout, string image, string text)
    {
        IEnumerable<string> towers = new[] { image, text }.SelectMany(
            tower => Directory.EnumerateFiles(
                Path.Combine(folder, Path.GetDirectoryName(tower)!), Path.GetFileName(tower) + "*"));
        string[] places = ["", layout.TokenizerFolder, Path.GetDirectoryName(image)!];
        IEnumerable<string> settings = places.Distinct()
            .SelectMany(place => CheckpointFiles.Settings.Append("preprocess_cfg.json")
                .Select(name => Path.Combine(folder, place, name)))
            .Where(File.Exists);
        return towers.Concat(settings).Select(path => Path.GetRelativePath(folder, path)).Distinct();
    }
}
