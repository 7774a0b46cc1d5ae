using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>Options for embeddings.</summary>
public sealed record EmbedCallOptions : ClipCallOptions
{
    /// <summary>Whether to divide each vector by its L2 norm. Default: true.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>
    /// The encoding of vectors. Default: FLOAT32. FLOAT16 halves the size of the response and keeps about three decimal
    /// digits; the elements as sent are in <c>ClipEmbedding.HalfVector</c>, and <see cref="ClipEmbedding.Vector"/> has
    /// floats in both cases.
    /// </summary>
    public EmbeddingEncoding Encoding { get; init; }

    /// <summary>
    /// How to handle a text that has more tokens than the model's context length. Default: it is truncated.
    /// </summary>
    public LongText LongText { get; init; }

    /// <summary>For streams: the order of the results. Default: as soon as each is ready.</summary>
    public Ordering Ordering { get; init; }

    internal V1.EmbedOptions ToMessage() => new()
    {
        Normalize = Normalize,
        Encoding = Encoding.ToWire(),
        LongText = LongText.ToWire(),
        Image = Image?.ToMessage(),
        Priority = Priority.ToWire(),
    };
}
