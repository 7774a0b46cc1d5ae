using ClipGrpc.Client;

namespace ClipGrpc.Cli.Video;

/// <summary>The result of a frame.</summary>
internal sealed record VideoMoment(SourceRun Run, VideoFrameResult Result);
