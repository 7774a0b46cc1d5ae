namespace ClipGrpc.Serving.Batching;

/// <summary>The embedding of an image or text, and its timings.</summary>
/// <param name="Vector">L2 norm 1. Can be a slice of its batch's output, so copy it to keep it.</param>
/// <param name="Norm">The L2 norm before normalization.</param>
internal readonly record struct EmbeddingResult(ReadOnlyMemory<float> Vector, float Norm)
{
    /// <summary>Tokens of a text before truncation, including the start and end tokens; 0 for images.</summary>
    public int TokenCount { get; init; }

    public bool Truncated { get; init; }

    /// <summary>Decoding and resizing an image, including the wait for a worker, or tokenizing a text.</summary>
    public TimeSpan Preprocess { get; init; }

    /// <summary>From admission to the start of the batch.</summary>
    public TimeSpan Queued { get; init; }

    /// <summary>The forward pass of the whole batch.</summary>
    public TimeSpan Inference { get; init; }

    /// <summary>0 if it was cached and no batch was run.</summary>
    public int BatchSize { get; init; }

    /// <summary>The longer of each time, and the larger batch, for a call with both items.</summary>
    public EmbeddingResult SlowestWith(in EmbeddingResult other) => this with
    {
        Preprocess = Longer(Preprocess, other.Preprocess),
        Queued = Longer(Queued, other.Queued),
        Inference = Longer(Inference, other.Inference),
        BatchSize = Math.Max(BatchSize, other.BatchSize),
    };

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
