using ClipGrpc.Serving.Video;
using ClipGrpc.V1;
using LabelSet = ClipGrpc.Serving.Labels.LabelSet;

namespace ClipGrpc.Server.Rpc;

/// <summary>A frame of a stream without its pixels.</summary>
/// <param name="Number">Its position among the frames of the stream, from 0.</param>
internal sealed record FrameHeader(
    long Number, ulong FrameId, long TimestampUs, VideoSource Source, LabelSet Labels);

/// <summary>A frame of a stream as it was read.</summary>
/// <param name="Runner">Drops frames for newer ones; null: none is dropped.</param>
/// <param name="Turn">Its turn of the source.</param>
/// <param name="IsDue">False: it is above the rate of its source.</param>
/// <param name="Arrived">When it was read.</param>
internal sealed record VideoFrameMessage(
    FrameHeader Header, Frame Frame, LatestFrameRunner<VideoFrameMessage, FrameOutcome>? Runner, long Turn, bool IsDue,
    long Arrived);

/// <summary>What became of a frame. Its pixels are not kept.</summary>
internal sealed record FrameResult(FrameHeader Header, FrameOutcome Outcome, TimeSpan Total);
