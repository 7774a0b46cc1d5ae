using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>How to embed.</summary>
public sealed record EmbedCallOptions : ClipCallOptions
{
    /// <summary>Divide each vector by its L2 norm. True by default.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>
    /// Vector encoding, FLOAT32 by default. FLOAT16 halves the response at a loss of about three decimal digits; the
    /// numbers as sent are in <c>ClipEmbedding.HalfVector</c>, and <see cref="ClipEmbedding.Vector"/> has floats
    /// in either case.
    /// </summary>
    public EmbeddingEncoding Encoding { get; init; }

    /// <summary>What happens to a text longer than the model's context; it is truncated by default.</summary>
    public LongText LongText { get; init; }

    /// <summary>For streams: the order of the results; as they are ready by default.</summary>
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
