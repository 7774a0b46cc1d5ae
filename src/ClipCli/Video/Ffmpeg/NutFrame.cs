namespace ClipGrpc.Cli.Video.Ffmpeg;

/// <summary>One frame of a NUT stream.</summary>
internal readonly record struct NutFrame(TimeSpan Timestamp, byte[] Data);
