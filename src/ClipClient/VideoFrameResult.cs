using System.Diagnostics;

namespace ClipGrpc.Client;

/// <summary>The response to one frame.</summary>
/// <param name="FrameId">The frame's number.</param>
/// <param name="Timestamp">The frame's presentation time.</param>
/// <param name="Result">Its classes or its error; null when it was dropped because a newer one came.</param>
[DebuggerDisplay("{ToString(),nq}")]
public sealed record VideoFrameResult(ulong FrameId, TimeSpan Timestamp, ClipResult<ClipClassification>? Result)
{
    /// <summary>The frame was not classified, because a newer one came.</summary>
    public bool Dropped => Result is null;

    /// <summary>The number, the time and what became of the frame.</summary>
    public override string ToString() =>
        $"frame {FrameId} at {Timestamp:c}: {Result?.ToString() ?? "dropped"}";
}
