using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>How to rank.</summary>
public sealed record RankCallOptions : ClipCallOptions
{
    /// <summary>Candidates to return, most similar first; 0, the default, means all.</summary>
    public int TopK { get; init; }

    /// <summary>What happens to a text longer than the model's context; it is truncated by default.</summary>
    public LongText LongText { get; init; }

    internal V1.RankOptions ToMessage() => new()
    {
        LongText = LongText.ToWire(),
        Image = Image?.ToMessage(),
        Priority = Priority.ToWire(),
    };
}
