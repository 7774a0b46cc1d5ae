using ClipGrpc.V1;

namespace ClipGrpc.Client;

/// <summary>How to rank.</summary>
public sealed record RankCallOptions : ClipCallOptions
{
    /// <summary>Candidates to return, most similar first; 0, the default, means all.</summary>
    public int TopK { get; init; }

    /// <summary>What happens to a text longer than the model's context; unspecified means it is cut.</summary>
    public LongText LongText { get; init; }

    internal RankOptions ToMessage() => new() { LongText = LongText, Image = Image, Priority = Priority };
}
