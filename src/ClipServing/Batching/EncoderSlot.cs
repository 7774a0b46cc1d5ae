using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Serving.Batching;

/// <summary>An encoder with the batch that goes through it.</summary>
internal sealed class EncoderSlot<TInput>(IEncoder<TInput> encoder, int maxBatchSize)
{
    public IEncoder<TInput> Encoder { get; } = encoder;

    public Batch<TInput> Batch { get; } = new(maxBatchSize);
}
