using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Files;
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
    private readonly ModelContent _content;
    private readonly BackgroundIdentity _identity;

    /// <exception cref="ClipException">A file is missing, or the configuration is not sound.</exception>
    public PreExportedModelFiles(string folder, PreExportedLayout layout, Precision precision, DigestMemo memo)
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
        var graphs = ModelContent.Of(folder, [towers.Image, towers.Text]);
        _content = ModelContent.Of(
            folder,
            [
                .. layout.FilesOf(towers, files),
                .. ExternalFilesOf(folder, towers.Image),
                .. ExternalFilesOf(folder, towers.Text),
            ]);

        // The external files are those of the graphs whose stamps the content has.
        graphs.CheckUnchanged();
        Config = layout.ReadConfig(folder);
        TokenizerFolder = Path.Combine(folder, layout.TokenizerFolder);
        _identity = new BackgroundIdentity(_content, Config, precision, memo);
    }

    public override ClipConfig Config { get; }

    public override string TokenizerFolder { get; }

    public override float LogitScale => UsualLogitScale;

    public override long Parameters => 0;

    public override string Identify() => _identity.Get();

    public override IEncoder<ReadOnlyMemory<byte>> CreateImageEncoder(InferenceOptions options, int maxBatchSize) =>
        Load(() => PreExportedImageEncoder.Open(_imagePath, Config, options, maxBatchSize));

    public override IEncoder<ReadOnlyMemory<int>> CreateTextEncoder(InferenceOptions options, int maxBatchSize) =>
        Load(() => PreExportedTextEncoder.Open(_textPath, Config, options, maxBatchSize));

    public override void Dispose() => _identity.Dispose();

    private static IEnumerable<string> ExternalFilesOf(string folder, string tower)
    {
        var place = tower[..(tower.LastIndexOf('/') + 1)];
        try
        {
            return OnnxFile.ReadExternalTensors(Path.Combine(folder, tower)).Select(tensor => place + tensor.File);
        }
        catch (ClipException exception) when (exception.Code == ClipErrorCode.InvalidInput)
        {
            // Its encoder refuses it, with what the runtime has to say.
            return [];
        }
    }

    // An encoder that is made again later, after the runtime failed, must be of the same files too.
    private T Load<T>(Func<T> open)
        where T : IDisposable
    {
        using var lease = FileLease.Take(_content.Files.Select(file => file.Path));
        _content.CheckUnchanged();
        var encoder = open();
        try
        {
            _content.CheckUnchanged();
            return encoder;
        }
        catch
        {
            encoder.Dispose();
            throw;
        }
    }
}
