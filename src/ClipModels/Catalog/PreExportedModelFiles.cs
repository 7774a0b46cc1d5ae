using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Sessions.PreExported;

namespace ClipGrpc.Models.Catalog;

/// <summary>A pre-exported ONNX model.</summary>
internal sealed class PreExportedModelFiles : ModelFiles
{
    /// <summary>
    /// Exporters leave the learnt scale out. Training keeps it at 100 or below, and the published models end there.
    /// </summary>
    private const float UsualLogitScale = 100;

    private readonly string _imagePath;
    private readonly string _textPath;

    /// <exception cref="ClipException">A file is missing, or the configuration is not sound.</exception>
    public PreExportedModelFiles(string folder, PreExportedLayout layout, Precision precision)
    {
        var towers = layout.Choose(
            "The model's folder", name => File.Exists(Path.Combine(folder, name)), precision);
        string[] files =
        [
            .. layout.FoldersOf(towers).SelectMany(
                place => Directory.EnumerateFiles(Path.Combine(folder, place))
                    .Select(path => PreExportedLayout.In(place, Path.GetFileName(path)))),
        ];
        _imagePath = Path.Combine(folder, towers.Image);
        _textPath = Path.Combine(folder, towers.Text);
        Config = layout.ReadConfig(folder);
        TokenizerFolder = Path.Combine(folder, layout.TokenizerFolder);
        Revision = CheckpointRevision.Of(folder, layout.FilesOf(towers, files));
    }

    public override ClipConfig Config { get; }

    public override string TokenizerFolder { get; }

    public override float LogitScale => UsualLogitScale;

    public override string Revision { get; }

    public override long Parameters => 0;

    public override IEncoder<ReadOnlyMemory<byte>> CreateImageEncoder(InferenceOptions options, int maxBatchSize) =>
        PreExportedImageEncoder.Open(_imagePath, Config, options, maxBatchSize);

    public override IEncoder<ReadOnlyMemory<int>> CreateTextEncoder(InferenceOptions options, int maxBatchSize) =>
        PreExportedTextEncoder.Open(_textPath, Config, options, maxBatchSize);

    public override void Dispose()
    {
        // The sessions read the files themselves.
    }
}
