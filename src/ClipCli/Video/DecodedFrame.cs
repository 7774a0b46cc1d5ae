namespace ClipGrpc.Cli.Video;

/// <summary>A frame as RGB, turned upright.</summary>
internal sealed record DecodedFrame(TimeSpan Timestamp, int Width, int Height, byte[] Pixels);
