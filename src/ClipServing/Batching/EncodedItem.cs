namespace ClipGrpc.Serving.Batching;

/// <summary>One embedding and how it came about.</summary>
/// <param name="Embedding">L2 norm 1. A slice of its batch's output: copy what is kept for long.</param>
/// <param name="Norm">The L2 norm before normalisation.</param>
/// <param name="Queued">From admission to the start of the batch.</param>
/// <param name="Inference">The forward pass of the whole batch.</param>
internal readonly record struct EncodedItem(
    ReadOnlyMemory<float> Embedding, float Norm, TimeSpan Queued, TimeSpan Inference, int BatchSize);
