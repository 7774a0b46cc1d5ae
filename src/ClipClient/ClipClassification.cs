using System.Diagnostics;
using ClipGrpc.V1;

namespace ClipGrpc.Client;

/// <summary>The classes of one image.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ClipClassification
{
    internal ClipClassification(
        IEnumerable<Prediction> predictions, IEnumerable<float> scores, uint truncatedSentences, ModelRef? model,
        Timings? timings)
        : this(
            [.. predictions.Select(ClipPrediction.From)], (int)truncatedSentences, ClipModelRef.From(model),
            ClipTimings.From(timings))
    {
        Scores = [.. scores];
    }

    internal ClipClassification(
        IReadOnlyList<ClipPrediction> predictions, int truncatedSentences, ClipModelRef model, ClipTimings timings)
    {
        Predictions = predictions;
        TruncatedSentences = truncatedSentences;
        Model = model;
        Timings = timings;
    }

    /// <summary>Most probable first; as many as were asked for.</summary>
    public IReadOnlyList<ClipPrediction> Predictions { get; }

    /// <summary>
    /// The probabilities of all labels, in the order of the labels, if they were asked for; otherwise empty.
    /// </summary>
    public IReadOnlyList<float> Scores { get; internal init; } = [];

    /// <summary>
    /// Number of sentences (labels in templates) that were truncated to the model's context length.
    /// </summary>
    public int TruncatedSentences { get; }

    /// <summary>The model and revision that made it.</summary>
    public ClipModelRef Model { get; }

    /// <summary>Where the time of the call (of the frame, in a stream) went.</summary>
    public ClipTimings Timings { get; }

    /// <summary>The most probable label and its probability.</summary>
    public override string ToString() => Predictions is [var best, ..]
        ? best.ToString()
        : "no predictions";
}
