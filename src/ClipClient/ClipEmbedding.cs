using ClipGrpc.V1;

namespace ClipGrpc.Client;

/// <summary>The embedding of one image or text.</summary>
public sealed class ClipEmbedding
{
    internal ClipEmbedding(ReadOnlyMemory<float> vector, EmbedResult result, ModelRef? model, Timings? timings)
    {
        Vector = vector;
        TokenCount = (int)result.TokenCount;
        Truncated = result.Truncated;
        Model = model ?? new ModelRef();
        Timings = timings ?? new Timings();
    }

    /// <summary>[dimensions]; of L2 norm 1 unless normalising was turned off.</summary>
    public ReadOnlyMemory<float> Vector { get; }

    /// <summary>Texts only: tokens of the whole text with start and end token, before any cut.</summary>
    public int TokenCount { get; }

    /// <summary>Texts only: the text was cut to the model's context length.</summary>
    public bool Truncated { get; }

    /// <summary>The model and revision that made it.</summary>
    public ModelRef Model { get; }

    /// <summary>Where the time of the call (of the item, in a stream) went, microseconds.</summary>
    public Timings Timings { get; }
}
