using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Serving.Batching;

/// <summary>An encoder of the pool, and the batch that it runs.</summary>
internal sealed class PooledEncoder<TInput>(IEncoder<TInput> encoder, int maxBatchSize)
{
    private readonly float[] _norms = new float[maxBatchSize];

    public IEncoder<TInput> Encoder { get; } = encoder;

    public Batch<TInput, EmbeddingResult> Batch { get; } = new(maxBatchSize);

    public Span<float> Norms => _norms.AsSpan(0, Batch.Count);
}
