using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Converted;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Models.Catalog;

/// <summary>A checkpoint, for which the graphs are written here.</summary>
internal sealed class CheckpointPackage : IModelPackage
{
    private readonly ClipCheckpoint _checkpoint;
    private readonly IWeights _weights;
    private readonly Lock _lock = new();
    private TowerSession? _image;
    private TowerSession? _text;

    public CheckpointPackage(ClipCheckpoint checkpoint, string folder, Precision precision, PreparedStore prepared)
    {
        _checkpoint = checkpoint;
        TokenizerFolder = folder;
        try
        {
            _weights = ElementType(precision) is { } type ? prepared.Prepare(checkpoint, type) : checkpoint.Weights;
            if (_weights == checkpoint.Weights)
                FileAdvice.ReadAhead([.. checkpoint.WeightFiles.Select(name => Path.Combine(folder, name))]);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    public ClipConfig Config => _checkpoint.Config;

    public string TokenizerFolder { get; }

    public float LogitScale => _checkpoint.LogitScale;

    public string Revision => _checkpoint.Revision;

    public long Parameters => _checkpoint.Parameters;

    public IEncoder<ReadOnlyMemory<byte>> CreateImageEncoder(InferenceOptions options, int maxBatchSize) =>
        new OnnxImageEncoder(
            Config, Share(ref _image, options, () => ClipEncoders.LoadImage(Config, _weights, options)), maxBatchSize);

    public IEncoder<ReadOnlyMemory<int>> CreateTextEncoder(InferenceOptions options, int maxBatchSize) =>
        new OnnxTextEncoder(
            Config, Share(ref _text, options, () => ClipEncoders.LoadText(Config, _weights, options)), options,
            maxBatchSize);

    public void Dispose()
    {
        // What is prepared falls back on the checkpoint, so it goes first.
        (_weights as IDisposable)?.Dispose();
        _checkpoint.Dispose();
    }

    /// <summary>The session that the tower's other encoders run, if there is one.</summary>
    private TowerSession Share(ref TowerSession? session, InferenceOptions options, Func<TowerSession> load)
    {
        lock (_lock)
        {
            if (session?.TryShare(options) != true)
                session = load();
            return session;
        }
    }

    /// <summary>What large weights are read as; null: they are quantised, whatever they are.</summary>
    private static TensorType? ElementType(Precision precision) => precision switch
    {
        Precision.Fp32 => TensorType.Float32,
        Precision.Fp16 => TensorType.Float16,
        _ => null,
    };
}
