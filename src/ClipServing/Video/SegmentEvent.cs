namespace ClipGrpc.Serving.Video;

/// <summary>A label has become visible, or is no longer. Times are in microseconds.</summary>
/// <param name="RegionId">Empty: the whole frame.</param>
/// <param name="End">The first time that is not part of it, if it has ended; otherwise the time so far.</param>
internal sealed record SegmentEvent(
    string Label, int Index, string RegionId, long Start, long End, double Peak, double Mean, bool Ended);
