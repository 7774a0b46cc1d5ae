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
        Load(_imagePath, options, path => PreExportedImageEncoder.Open(path, Config, options, maxBatchSize));

    public override IEncoder<ReadOnlyMemory<int>> CreateTextEncoder(InferenceOptions options, int maxBatchSize) =>
        Load(_textPath, options, path => PreExportedTextEncoder.Open(path, Config, options, maxBatchSize));

    public override TextLengths TextLengthsFor(InferenceOptions options) =>
        TextLengths.Fixed(options, Config.ContextLength);

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
    private T Load<T>(string tower, InferenceOptions options, Func<string, T> open)
        where T : IDisposable
    {
        var mapped = MappedFilesOf(tower);
        using var files = MappableFiles.Take(mapped);
        var encoder = LoadFrom(tower, files, open);
        if (options.Device.Kind != DeviceKind.Plugin || !MappableFiles.AreMapped(mapped))
            return encoder;

        // This plug-in computes with the weights where they are mapped.
        encoder.Dispose();
        using var copies = MappableFiles.Copy(mapped);
        return LoadFrom(tower, copies, open);
    }

    private T LoadFrom<T>(string tower, MappableFiles files, Func<string, T> open)
        where T : IDisposable
    {
        _content.CheckUnchanged();
        var encoder = open(Locate(tower, files));
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

    /// <summary>A graph and the files beside it with its tensors. Without such files nothing is mapped.</summary>
    private static IReadOnlyList<(string Path, string Name)> MappedFilesOf(string tower)
    {
        var folder = Path.GetDirectoryName(tower)!;
        var external = ExternalFilesOf(folder, Path.GetFileName(tower)).Distinct(StringComparer.Ordinal).ToList();
        return external.Count == 0 ? [] : [.. external.Append(Path.GetFileName(tower)).Select(
            name => (RegularFile.ResolveLinks(Path.Combine(folder, name)), name))];
    }

    /// <summary>Where the runtime is to load a graph from: it finds the files beside it by their names.</summary>
    private static string Locate(string tower, MappableFiles files)
    {
        if (files.AreInPlace)
            return tower;

        var copies = MappedFilesOf(tower).Select(file => files.PathOf(file.Path)).ToList();
        return copies.Contains(null)
            ? throw new ClipException(
                ClipErrorReason.ModelRunFailed,
                "The model's files belong to another user or are on a network file system, so they could be "
                + $"truncated while they are loaded, and {Path.GetTempPath()} has no space for copies. Set TMPDIR to "
                + "another folder.")
            : copies[^1]!;
    }
}
