using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>Options for a classification.</summary>
public sealed record ClassifyCallOptions : ClipCallOptions
{
    /// <summary>
    /// Maximum number of predictions per image, most probable first. Default: 0, for 5. <see cref="int.MaxValue"/>
    /// returns all labels; if only the probabilities are needed, <see cref="AllScores"/> takes less space.
    /// </summary>
    public int TopK { get; init; }

    /// <summary>Whether to return <see cref="ClipClassification.Scores"/>.</summary>
    public bool AllScores { get; init; }

    internal V1.ClassifyOptions ToMessage() => new()
    {
        Image = Image?.ToMessage(),
        Priority = Priority.ToWire(),
        AllScores = AllScores,
    };
}
