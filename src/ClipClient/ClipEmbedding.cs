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
    /// [dimensions]; of L2 norm 1 unless normalising was turned off. With <see cref="EmbeddingEncoding.Float16"/> it is
    /// converted from <c>HalfVector</c> when it is first used.
    /// </summary>
#if NET
    public ReadOnlyMemory<float> Vector => _converted?.Value ?? _vector;
#else
    public ReadOnlyMemory<float> Vector => _vector;
#endif

#if NET
    /// <summary>
    /// The numbers as the server sent them with <see cref="EmbeddingEncoding.Float16"/>: the memory of the response
    /// itself, without a copy. Empty with <see cref="EmbeddingEncoding.Float32"/>.
    /// </summary>
    public ReadOnlyMemory<Half> HalfVector { get; }
#endif

    /// <summary>Elements of the vector.</summary>
    public int Dimensions { get; }

    /// <summary>Texts only: tokens of the whole text with start and end token, before any cut.</summary>
    public int TokenCount { get; }

    /// <summary>Texts only: the text was cut to the model's context length.</summary>
    public bool Truncated { get; }

    /// <summary>The model and revision that made it.</summary>
    public ClipModelRef Model { get; }

    /// <summary>Where the time of the call (of the item, in a stream) went.</summary>
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
