using ClipGrpc.V1;

namespace ClipGrpc.Client;

/// <summary>How to embed.</summary>
public sealed record EmbedCallOptions : ClipCallOptions
{
    /// <summary>Divide each vector by its L2 norm. True by default.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>
    /// Vector encoding. FLOAT16 halves the response at a loss of about three decimal digits; the client gives floats in
    /// either case. Unspecified means FLOAT32.
    /// </summary>
    public EmbeddingEncoding Encoding { get; init; }

    /// <summary>What happens to a text longer than the model's context; unspecified means it is cut.</summary>
    public LongText LongText { get; init; }

    internal EmbedOptions ToMessage() => new()
    {
        Normalize = Normalize,
        Encoding = Encoding,
        LongText = LongText,
        Image = Image,
        Priority = Priority,
    };
}
