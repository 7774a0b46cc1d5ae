using ClipGrpc.V1;

namespace ClipGrpc.Server.Rpc;

/// <summary>What became of a frame; no outcome: it was dropped.</summary>
internal readonly record struct FrameOutcome(Frame Frame, ItemOutcome? Outcome, TimeSpan Total)
{
    public static FrameOutcome Dropped(Frame frame) => new(frame, Outcome: null, Total: default);
}
