using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>How to classify the frames of a video.</summary>
public sealed record VideoCallOptions : ClipCallOptions
{
    /// <summary>
    /// Predictions per frame, most probable first; 0, the default, means 5. <see cref="int.MaxValue"/> means all
    /// labels; where only their probabilities are needed, <see cref="AllScores"/> takes less space.
    /// </summary>
    public int TopK { get; init; }

    /// <summary>Whether <see cref="ClipClassification.Scores"/> are wanted.</summary>
    public bool AllScores { get; init; }

    /// <summary>
    /// Weight of the past in an exponential moving average of the probabilities, 0 (none, the default) to below 1.
    /// </summary>
    public float Smoothing { get; init; }

    /// <summary>
    /// What happens to frames that come faster than the server classifies. By default none is lost; with LATEST a
    /// frame that waits when a newer one arrives is reported as dropped.
    /// </summary>
    public DropPolicy DropPolicy { get; init; }

    /// <summary>Where raw frames are resized and cropped; the default is by the client where that sends less.</summary>
    public FramePreparation Prepare { get; init; }

    internal V1.ClassifyStreamConfig ToMessage(ClipLabels labels) => new()
    {
        Model = Model,
        LabelSet = labels.ToMessage(),
        TopK = (uint)TopK,
        Smoothing = Smoothing,
        DropPolicy = DropPolicy.ToWire(),
        Options = new V1.ClassifyOptions
        {
            Image = Image?.ToMessage(),
            Priority = Priority.ToWire(),
            AllScores = AllScores,
        },
    };
}
