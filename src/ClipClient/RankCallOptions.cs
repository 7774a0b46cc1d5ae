using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>Options for a ranking.</summary>
public sealed record RankCallOptions : ClipCallOptions
{
    /// <summary>Candidates to return, most similar first; 0, the default, means all.</summary>
    public int TopK { get; init; }

    /// <summary>
    /// How to handle a text that has more tokens than the model's context length. Default: it is truncated.
    /// </summary>
    public LongText LongText { get; init; }

    internal V1.RankOptions ToMessage() => new()
    {
        LongText = LongText.ToWire(),
        Image = Image?.ToMessage(),
        Priority = Priority.ToWire(),
    };
}
