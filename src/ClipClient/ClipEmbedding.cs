using System.Diagnostics;
using ClipGrpc.V1;

namespace ClipGrpc.Client;

/// <summary>The embedding of one image or text.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ClipEmbedding
{
    internal ClipEmbedding(ReadOnlyMemory<float> vector, EmbedResult result, ModelRef? model, Timings? timings)
        : this(vector, (int)result.TokenCount, result.Truncated, ClipModelRef.From(model), ClipTimings.From(timings))
    {
    }

    internal ClipEmbedding(
        ReadOnlyMemory<float> vector, int tokenCount, bool truncated, ClipModelRef model, ClipTimings timings)
    {
        Vector = vector;
        TokenCount = tokenCount;
        Truncated = truncated;
        Model = model;
        Timings = timings;
    }

    /// <summary>[dimensions]; of L2 norm 1 unless normalising was turned off.</summary>
    public ReadOnlyMemory<float> Vector { get; }

    /// <summary>Texts only: tokens of the whole text with start and end token, before any cut.</summary>
    public int TokenCount { get; }

    /// <summary>Texts only: the text was cut to the model's context length.</summary>
    public bool Truncated { get; }

    /// <summary>The model and revision that made it.</summary>
    public ClipModelRef Model { get; }

    /// <summary>Where the time of the call (of the item, in a stream) went.</summary>
    public ClipTimings Timings { get; }

    /// <summary>The dimensions and the model.</summary>
    public override string ToString() => $"{Vector.Length} dimensions by {Model}";
}
