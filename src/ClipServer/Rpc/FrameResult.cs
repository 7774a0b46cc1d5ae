using ClipGrpc.Serving.Models;
using ClipGrpc.V1;

namespace ClipGrpc.Server.Rpc;

/// <summary>What became of a frame; no outcome: it was dropped.</summary>
internal readonly record struct FrameResult(Frame Frame, ItemResult? Item, TimeSpan Total)
{
    public static FrameResult Dropped(Frame frame) => new(frame, Item: null, Total: default);
}
