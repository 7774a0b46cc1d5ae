namespace ClipGrpc.Models.Sessions;

/// <summary>What every encoder asks of a call.</summary>
internal static class BatchCheck
{
    /// <exception cref="ArgumentException">No input, more than fit, or results that do not fit in.</exception>
    public static void Check(int n, int maxBatchSize, int dimensions, Span<float> embeddings, Span<float> norms)
    {
        if (n < 1 || n > maxBatchSize)
            throw new ArgumentException($"A batch holds 1 to {maxBatchSize} inputs, not {n}.");
        if (embeddings.Length < n * dimensions)
            throw new ArgumentException($"{n} embeddings need {n * dimensions} elements, not {embeddings.Length}.");
        if (norms.Length < n)
            throw new ArgumentException($"{n} norms need {n} elements, not {norms.Length}.");
    }
}
