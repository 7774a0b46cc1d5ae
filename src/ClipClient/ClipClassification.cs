using ClipGrpc.V1;

namespace ClipGrpc.Client;

/// <summary>The classes of one image.</summary>
public sealed class ClipClassification
{
    internal ClipClassification(IEnumerable<Prediction> predictions, ModelRef? model, Timings? timings)
    {
        Predictions = [.. predictions.Select(ClipPrediction.From)];
        Model = model ?? new ModelRef();
        Timings = timings ?? new Timings();
    }

    /// <summary>Most probable first; as many as were asked for.</summary>
    public IReadOnlyList<ClipPrediction> Predictions { get; }

    /// <summary>The model and revision that made it.</summary>
    public ModelRef Model { get; }

    /// <summary>Where the time of the call (of the frame, in a stream) went, microseconds.</summary>
    public Timings Timings { get; }
}
