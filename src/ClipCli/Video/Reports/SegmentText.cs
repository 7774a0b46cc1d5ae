using System.Globalization;

namespace ClipGrpc.Cli.Video.Reports;

/// <summary>A line per segment, when it has ended.</summary>
internal sealed class SegmentText(TextWriter writer, bool withSource) : IVideoOutput
{
    public void Write(VideoMoment moment)
    {
    }

    public void Write(FoundSegment segment)
    {
        writer.WriteLine(Format(segment, withSource));
        if (segment.Run.IsLive)
            writer.Flush();
    }

    public Task FinishAsync(IReadOnlyList<SourceRun> runs) => Task.CompletedTask;

    public static string Format(FoundSegment segment, bool withSource)
    {
        var source = withSource ? $"{segment.Run.Source.Name}  " : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{source}{Time(segment.Start)} - {Time(segment.End)}  {segment.Mean * 100,5:0.0} %  {segment.Label}");
    }

    public static string Time(TimeSpan time) => SubtitleFormat.WebVtt.Time(time);
}
