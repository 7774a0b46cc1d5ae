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
    private readonly IWeights _weights;
    private readonly Lock _lock = new();
    private TowerSession? _image;
    private TowerSession? _text;

    public CheckpointModelFiles(ClipCheckpoint checkpoint, string folder, Precision precision, ConvertedWeightsCache converted)
    {
        _checkpoint = checkpoint;
        TokenizerFolder = folder;
        try
        {
            _weights = ElementType(precision) is { } type ? converted.Convert(checkpoint, type) : checkpoint.Weights;
            if (_weights == checkpoint.Weights)
                FileAdvice.ReadAhead([.. checkpoint.WeightFiles.Select(name => Path.Combine(folder, name))]);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    public override ClipConfig Config => _checkpoint.Config;

    public override string TokenizerFolder { get; }

    public override float LogitScale => _checkpoint.LogitScale;

    public override string Revision => _checkpoint.Revision;

    public override long Parameters => _checkpoint.Parameters;

    public override IEncoder<ReadOnlyMemory<byte>> CreateImageEncoder(InferenceOptions options, int maxBatchSize) =>
        new OnnxImageEncoder(
            Config, Share(ref _image, options, () => ClipEncoders.LoadImage(Config, _weights, options)), maxBatchSize);

    public override IEncoder<ReadOnlyMemory<int>> CreateTextEncoder(InferenceOptions options, int maxBatchSize) =>
        new OnnxTextEncoder(
            Config, Share(ref _text, options, () => ClipEncoders.LoadText(Config, _weights, options)), options,
            maxBatchSize);

    public override void Dispose()
    {
        // The converted weights fall back on the checkpoint, so they are disposed of first.
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
