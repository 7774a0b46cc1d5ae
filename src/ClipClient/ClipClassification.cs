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

    /// <summary>The requested number of predictions, most probable first.</summary>
    public IReadOnlyList<ClipPrediction> Predictions { get; }

    /// <summary>
    /// The probabilities of all labels, in label order, if they were requested; otherwise empty.
    /// </summary>
    public IReadOnlyList<float> Scores { get; internal init; } = [];

    /// <summary>
    /// Number of sentences (labels in templates) that were truncated to the model's context length.
    /// </summary>
    public int TruncatedSentences { get; }

    /// <summary>The model that produced it.</summary>
    public ClipModelRef Model { get; }

    /// <summary>The server's timings of the call, or of the frame in a stream.</summary>
    public ClipTimings Timings { get; }

    /// <summary>The most probable label and its probability.</summary>
    public override string ToString() => Predictions is [var best, ..]
        ? best.ToString()
        : "no predictions";
}
