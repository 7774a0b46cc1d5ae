using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>How to classify.</summary>
public sealed record ClassifyCallOptions : ClipCallOptions
{
    /// <summary>
    /// Predictions per image, most probable first; 0, the default, means 5. <see cref="int.MaxValue"/> means all
    /// labels; where only their probabilities are needed, <see cref="AllScores"/> takes less space.
    /// </summary>
    public int TopK { get; init; }

    /// <summary>Whether <see cref="ClipClassification.Scores"/> are wanted.</summary>
    public bool AllScores { get; init; }

    internal V1.ClassifyOptions ToMessage() => new()
    {
        Image = Image?.ToMessage(),
        Priority = Priority.ToWire(),
        AllScores = AllScores,
    };
}
