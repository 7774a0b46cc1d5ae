using ClipGrpc.V1;

namespace ClipGrpc.Client;

/// <summary>The classes of one image.</summary>
public sealed class ClipClassification
{
    internal ClipClassification(
        IEnumerable<Prediction> predictions, IEnumerable<float> scores, uint truncatedSentences, ModelRef? model,
        Timings? timings)
    {
        Scores = [.. scores];
        Predictions = [.. predictions.Select(ClipPrediction.From)];
        TruncatedSentences = (int)truncatedSentences;
        Model = model ?? new ModelRef();
        Timings = timings ?? new Timings();
    }

    /// <summary>Most probable first; as many as were asked for.</summary>
    public IReadOnlyList<ClipPrediction> Predictions { get; }

    /// <summary>
    /// The probabilities of all labels, in the order of the labels, if they were asked for; otherwise empty.
    /// </summary>
    public IReadOnlyList<float> Scores { get; }

    /// <summary>
    /// Number of sentences (labels in templates) that were truncated to the model's context length.
    /// </summary>
    public int TruncatedSentences { get; }

    /// <summary>The model and revision that made it.</summary>
    public ModelRef Model { get; }

    /// <summary>Where the time of the call (of the frame, in a stream) went, microseconds.</summary>
    public Timings Timings { get; }
}
