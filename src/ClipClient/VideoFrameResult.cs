using System.Diagnostics;

namespace ClipGrpc.Client;

/// <summary>The result of one frame, or the end of a source: see <see cref="IsStreamEnd"/>.</summary>
/// <param name="FrameId">The frame's number.</param>
/// <param name="Timestamp">The frame's presentation time.</param>
/// <param name="Result">
/// The classification or the error; null if the frame was dropped, if <see cref="Regions"/> are set instead, and at the
/// end of the stream.
/// </param>
[DebuggerDisplay("{ToString(),nq}")]
public sealed record VideoFrameResult(ulong FrameId, TimeSpan Timestamp, ClipResult<ClipClassification>? Result)
{
    /// <summary>The source of the frame: <see cref="VideoFrame.SourceId"/>.</summary>
    public string SourceId { get; init; } = "";

    /// <summary>The frame was not classified; <see cref="DropReason"/> states why.</summary>
    public bool Dropped => DropReason is not null;

    /// <summary>Why the frame was not classified; null if it was.</summary>
    public FrameDropReason? DropReason { get; init; } = Result is null ? FrameDropReason.NewerFrame : null;

    /// <summary>
    /// The model was not run, because the frame hardly differs from the last one that was run; the result is that of
    /// the last one. See <see cref="VideoCallOptions.StaticThreshold"/>. With regions: the model was not run for any of
    /// them.
    /// </summary>
    public bool Skipped { get; init; }

    /// <summary>
    /// The frame starts a new scene; see <see cref="VideoCallOptions.SceneThreshold"/>. With regions: at least one of
    /// them does.
    /// </summary>
    public bool SceneChange { get; init; }

    /// <summary>
    /// The embedding of the frame, with an L2 norm of 1. Empty unless <see cref="VideoCallOptions.IncludeEmbedding"/>
    /// is set.
    /// </summary>
    public ReadOnlyMemory<float> Embedding { get; init; }

    /// <summary>
    /// One result per region of <see cref="VideoCallOptions.Regions"/>, in their order; empty without regions, and if
    /// the frame was dropped or failed.
    /// </summary>
    public IReadOnlyList<VideoRegionResult> Regions { get; init; } = [];

    /// <summary>
    /// The segments that started or ended with this frame. Empty unless <see cref="VideoCallOptions.Events"/> is set.
    /// </summary>
    public IReadOnlyList<VideoSegment> Segments { get; init; } = [];

    /// <summary>
    /// The outcomes of the frames of the source up to this one, since the stream connected. All zero if the server does
    /// not report them.
    /// </summary>
    public VideoSourceCounters Counters { get; init; } = new();

    /// <summary>
    /// This is not the result of a frame: the stream or its connection ends, and <see cref="Segments"/> contains the
    /// segments of the source that were still open. Returned after the results of the frames, with the id 0 and the
    /// timestamp of the source's last frame, and only for sources with open segments.
    /// </summary>
    public bool IsStreamEnd { get; init; }

    /// <summary>The source, number, timestamp and outcome of the frame.</summary>
    public override string ToString()
    {
        var source = SourceId.Length == 0 ? "" : $"{SourceId}: ";
        if (IsStreamEnd)
            return $"{source}end of the stream";
        var what = DropReason is { } reason ? $"dropped ({reason})"
            : Regions.Count > 0 ? string.Join("; ", Regions)
            : Result?.ToString();
        return $"{source}frame {FrameId} at {Timestamp:c}: {what}";
    }
}
