namespace ClipGrpc.Client;

/// <summary>
/// A period during which a label was visible. It is reported twice: when it has lasted
/// <see cref="VideoEventOptions.MinDuration"/>, and when it has ended.
/// </summary>
/// <param name="Label">The label.</param>
/// <param name="Index">The zero-based index of the label.</param>
/// <param name="Start">The timestamp of its first frame.</param>
/// <param name="End">
/// If <paramref name="Ended"/>: the timestamp of the frame that ended it, which is not part of it, or at the end of the
/// stream that of the last frame. Otherwise that of the frame that reports it.
/// </param>
/// <param name="Peak">The largest probability so far.</param>
/// <param name="Mean">The mean of the probabilities of its frames so far.</param>
/// <param name="Ended">Whether it has ended.</param>
public sealed record VideoSegment(
    string Label, int Index, TimeSpan Start, TimeSpan End, float Peak, float Mean, bool Ended)
{
    /// <summary><see cref="VideoRegion.Id"/>, if the call has regions; otherwise empty.</summary>
    public string RegionId { get; init; } = "";

    internal static VideoSegment From(V1.Segment segment) => new(
        segment.Label,
        (int)segment.Index,
        TimeSpan.FromMicroseconds(segment.StartUs),
        TimeSpan.FromMicroseconds(segment.EndUs),
        segment.Peak,
        segment.Mean,
        segment.Ended)
    {
        RegionId = segment.RegionId,
    };
}
