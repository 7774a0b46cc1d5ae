namespace ClipGrpc.Serving.Video;

/// <summary>What is reported of a frame.</summary>
internal sealed record FrameReport
{
    public FrameDropReason? Dropped { get; init; }

    public ClipException? Error { get; init; }

    /// <summary>One per region, or one for the whole frame; none if it was dropped or failed.</summary>
    public IReadOnlyList<ViewReport> Views { get; init; } = [];

    public IReadOnlyList<SegmentEvent> Segments { get; init; } = [];

    public SourceCounters Counters { get; init; }

    public bool Skipped => Views.Count > 0 && Views.All(view => view.Skipped);

    public bool BeginsScene => Views.Any(view => view.BeginsScene);

    /// <summary>Whether there is more to it than the classes of one more frame.</summary>
    public bool IsChange => Error is not null || Segments.Count > 0 || BeginsScene;
}

/// <summary>What is reported of a region of a frame, or of the whole frame.</summary>
/// <param name="Vector">Of L2 norm 1. Of a skipped view, that of the frame that it is compared with.</param>
/// <param name="Probabilities">Smoothed, in label order.</param>
internal sealed record ViewReport(
    ReadOnlyMemory<float> Vector, float[] Cosines, double[] Probabilities, bool Skipped, bool BeginsScene);
