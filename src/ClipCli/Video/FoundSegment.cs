namespace ClipGrpc.Cli.Video;

/// <summary>A time during which a label was visible.</summary>
/// <param name="Run">Its source.</param>
/// <param name="Label">The label.</param>
/// <param name="Index">Of the label among the labels.</param>
/// <param name="Start">Of its first frame.</param>
/// <param name="End">Of the first frame after it, or the end of the video.</param>
/// <param name="Peak">The largest probability.</param>
/// <param name="Mean">The mean probability.</param>
/// <param name="Image">The frame of the largest probability; null where images are not collected.</param>
internal sealed record FoundSegment(
    SourceRun Run, string Label, int Index, TimeSpan Start, TimeSpan End, float Peak, float Mean, Thumbnail? Image);
