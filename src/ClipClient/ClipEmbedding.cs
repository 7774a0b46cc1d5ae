using System.Diagnostics;

namespace ClipGrpc.Client;

/// <summary>The embedding of one image or text.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ClipEmbedding
{
    private readonly ReadOnlyMemory<float> _vector;
#if NET
    private readonly Lazy<ReadOnlyMemory<float>>? _converted;
#endif

    internal ClipEmbedding(
        ReadOnlyMemory<float> vector, int tokenCount, bool truncated, ClipModelRef model, ClipTimings timings)
        : this(tokenCount, truncated, model, timings)
    {
        _vector = vector;
        Dimensions = vector.Length;
    }

#if NET
    internal ClipEmbedding(
        ReadOnlyMemory<Half> vector, int tokenCount, bool truncated, ClipModelRef model, ClipTimings timings)
        : this(tokenCount, truncated, model, timings)
    {
        HalfVector = vector;
        Dimensions = vector.Length;
        _converted = new Lazy<ReadOnlyMemory<float>>(() => Convert(vector.Span));
    }
#endif

    private ClipEmbedding(int tokenCount, bool truncated, ClipModelRef model, ClipTimings timings)
    {
        TokenCount = tokenCount;
        Truncated = truncated;
        Model = model;
        Timings = timings;
    }

    /// <summary>
    /// The elements; with an L2 norm of 1 unless normalization was disabled. With
    /// <see cref="EmbeddingEncoding.Float16"/> it is converted from <c>HalfVector</c> when it is first used.
    /// </summary>
#if NET
    public ReadOnlyMemory<float> Vector => _converted?.Value ?? _vector;
#else
    public ReadOnlyMemory<float> Vector => _vector;
#endif

#if NET
    /// <summary>
    /// The elements as sent with <see cref="EmbeddingEncoding.Float16"/>: the memory of the response, without a copy.
    /// Empty with <see cref="EmbeddingEncoding.Float32"/>.
    /// </summary>
    public ReadOnlyMemory<Half> HalfVector { get; }
#endif

    /// <summary>Number of elements of the vector.</summary>
    public int Dimensions { get; }

    /// <summary>Texts only: the number of tokens before truncation, including the start and end tokens.</summary>
    public int TokenCount { get; }

    /// <summary>Texts only: whether the text was truncated to the model's context length.</summary>
    public bool Truncated { get; }

    /// <summary>The model that produced it.</summary>
    public ClipModelRef Model { get; }

    /// <summary>The server's timings of the call, or of the item in a stream.</summary>
    public ClipTimings Timings { get; }

    /// <summary>The dimensions and the model.</summary>
    public override string ToString() => $"{Dimensions} dimensions by {Model}";

#if NET
    private static float[] Convert(ReadOnlySpan<Half> halves)
    {
        var values = new float[halves.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)halves[i];
        return values;
    }
#endif
}
