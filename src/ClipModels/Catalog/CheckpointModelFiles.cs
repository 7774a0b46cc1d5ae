using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Converted;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Models.Catalog;

/// <summary>A checkpoint, for which the graphs are written here.</summary>
internal sealed class CheckpointModelFiles : ModelFiles
{
    private readonly ClipCheckpoint _checkpoint;
    private readonly BackgroundIdentity _identity;
    private readonly IWeights _weights;
    private readonly Precision _precision;
    private readonly Lock _lock = new();
    private readonly SharedTower _image = new();
    private readonly SharedTower _text = new();
    private MappableFiles? _mappable;
    private int _loads;

    public CheckpointModelFiles(
        ClipCheckpoint checkpoint, string folder, Precision precision, ConvertedWeightsCache converted, DigestMemo memo)
    {
        _checkpoint = checkpoint;
        _precision = precision;
        _identity = new BackgroundIdentity(checkpoint.Content, checkpoint.Config, precision, memo);
        TokenizerFolder = folder;
        try
        {
            _weights = ElementType(precision) is { } type
                ? converted.Convert(checkpoint, _identity.Get, type)
                : checkpoint.Weights;
            if (_weights == checkpoint.Weights)
                FileAdvice.ReadAhead([.. checkpoint.WeightFiles.Select(name => Path.Combine(folder, name))]);
        }
        catch
        {
            _identity.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    public override ClipConfig Config => _checkpoint.Config;

    public override string TokenizerFolder { get; }

    public override float LogitScale => _checkpoint.LogitScale;

    public override long Parameters => _checkpoint.Parameters;

    public override string Identify() => _identity.Get();

    public override IEncoder<ReadOnlyMemory<byte>> CreateImageEncoder(InferenceOptions options, int maxBatchSize) =>
        new OnnxImageEncoder(
            Config, _image.Get(options, () => Load(ClipEncoders.LoadImage, options)), maxBatchSize);

    public override IEncoder<ReadOnlyMemory<int>> CreateTextEncoder(InferenceOptions options, int maxBatchSize) =>
        new OnnxTextEncoder(
            Config, _text.Get(options, () => Load(ClipEncoders.LoadText, options)), options,
            maxBatchSize);

    public override TextLengths TextLengthsFor(InferenceOptions options) =>
        TextLengths.Of(options, ExecutionDevice.Resolve(options), Config.ContextLength);

    public override void Dispose()
    {
        // The converted weights fall back on the checkpoint, so they are disposed of first.
        _identity.Dispose();
        (_weights as IDisposable)?.Dispose();
        _checkpoint.Dispose();
    }

    // A session that is made again later, after the runtime failed, must be of the same weights too.
    private TowerSession Load(Func<ClipConfig, IWeights, InferenceOptions, TowerSession> load, InferenceOptions options)
    {
        var files = StartLoad();
        try
        {
            var session = LoadFrom(files, load, options);
            if (options.Device.Kind != DeviceKind.Plugin || !MappableFiles.AreMapped(MappedFiles()))
                return session;

            // This plug-in computes with the weights where they are mapped.
            session.Dispose();
            using var copies = MappableFiles.Copy(MappedFiles());
            return LoadFrom(copies, load, options);
        }
        finally
        {
            EndLoad();
        }
    }

    private TowerSession LoadFrom(
        MappableFiles files, Func<ClipConfig, IWeights, InferenceOptions, TowerSession> load, InferenceOptions options)
    {
        CheckUnchanged();
        var session = load(Config, new MappableWeights(_weights, files), options);
        try
        {
            CheckUnchanged();
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Of two towers that load at the same time, one copies what must not be mapped in place.</summary>
    private MappableFiles StartLoad()
    {
        lock (_lock)
        {
            _mappable ??= MappableFiles.Take(MappedFiles());
            _loads++;
            return _mappable;
        }
    }

    private void EndLoad()
    {
        lock (_lock)
        {
            if (--_loads > 0)
                return;
            _mappable?.Dispose();
            _mappable = null;
        }
    }

    /// <summary>
    /// Beside the converted weights, what the checkpoint's own file holds is little. Quantized weights are not read by
    /// the runtime.
    /// </summary>
    private IEnumerable<(string Path, string Name)> MappedFiles() => _weights switch
    {
        ConvertedWeights converted => [(converted.Path, Path.GetFileName(converted.Path))],
        _ when _precision == Precision.Int8 => [],
        _ => _checkpoint.Content.Files
            .Where(file => _checkpoint.WeightFiles.Contains(file.Name))
            .Select(file => (file.Path, file.Name)),
    };

    private void CheckUnchanged()
    {
        _checkpoint.Content.CheckUnchanged();
        (_weights as ConvertedWeights)?.CheckUnchanged();
    }

    /// <summary>What large weights are read as; null: they are quantised, whatever they are.</summary>
    private static TensorType? ElementType(Precision precision) => precision switch
    {
        Precision.Fp32 or Precision.Bf16 => TensorType.Float32,
        Precision.Fp16 => TensorType.Float16,
        _ => null,
    };

    /// <summary>A tower's session, for all of its encoders. The two towers load at the same time.</summary>
    private sealed class SharedTower
    {
        private readonly Lock _lock = new();
        private TowerSession? _session;

        public TowerSession Get(InferenceOptions options, Func<TowerSession> load)
        {
            lock (_lock)
            {
                if (_session?.TryShare(options) != true)
                    _session = load();
                return _session;
            }
        }
    }
}
