namespace ClipGrpc.Serving.Video;

/// <summary>What became of the frames of a source.</summary>
internal readonly record struct SourceCounters(
    long Classified, long Skipped, long Failed, long DroppedNewerFrame, long DroppedMaxFps, long DroppedMaxAge)
{
    public SourceCounters With(FrameDropReason reason) => reason switch
    {
        FrameDropReason.NewerFrame => this with { DroppedNewerFrame = DroppedNewerFrame + 1 },
        FrameDropReason.MaxFps => this with { DroppedMaxFps = DroppedMaxFps + 1 },
        FrameDropReason.MaxAge => this with { DroppedMaxAge = DroppedMaxAge + 1 },
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}
