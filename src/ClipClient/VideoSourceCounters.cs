namespace ClipGrpc.Client;

/// <summary>The outcomes of the frames of one source. Each frame is counted in exactly one property.</summary>
public sealed record VideoSourceCounters
{
    /// <summary>Frames for which the model was run, for at least one region.</summary>
    public long Classified { get; init; }

    /// <summary>Frames with <see cref="VideoFrameResult.Skipped"/>.</summary>
    public long Skipped { get; init; }

    /// <summary>Frames with an error from the server.</summary>
    public long Failed { get; init; }

    /// <summary>Frames dropped with <see cref="FrameDropReason.NewerFrame"/>.</summary>
    public long DroppedNewerFrame { get; init; }

    /// <summary>Frames dropped with <see cref="FrameDropReason.MaxFps"/>.</summary>
    public long DroppedMaxFps { get; init; }

    /// <summary>Frames dropped with <see cref="FrameDropReason.MaxAge"/>.</summary>
    public long DroppedMaxAge { get; init; }

    /// <summary>All dropped frames.</summary>
    public long Dropped => DroppedNewerFrame + DroppedMaxFps + DroppedMaxAge;

    /// <summary>All frames.</summary>
    public long Total => Classified + Skipped + Failed + Dropped;

    internal static VideoSourceCounters From(V1.SourceCounters? counters) => counters is null ? new() : new()
    {
        Classified = (long)counters.Classified,
        Skipped = (long)counters.Skipped,
        Failed = (long)counters.Failed,
        DroppedNewerFrame = (long)counters.DroppedNewerFrame,
        DroppedMaxFps = (long)counters.DroppedMaxFps,
        DroppedMaxAge = (long)counters.DroppedMaxAge,
    };
}
