namespace ClipGrpc.Serving.Texts;

/// <summary>A text's embedding and how it came about.</summary>
/// <param name="Embedding">L2 norm 1.</param>
/// <param name="Norm">The L2 norm before normalisation.</param>
/// <param name="TokenCount">Tokens of the whole text, start and end token included, before any cut.</param>
/// <param name="BatchSize">0 when it came from the cache and nothing was run.</param>
internal readonly record struct TextEmbedding(
    ReadOnlyMemory<float> Embedding,
    float Norm,
    int TokenCount,
    bool Truncated,
    TimeSpan Tokenized,
    TimeSpan Queued,
    TimeSpan Inference,
    int BatchSize);
