namespace ClipGrpc.Cli.Video.Reports;

/// <summary>Segments as subtitles; written at the end, because players want them in order.</summary>
internal sealed class SubtitleOutput(TextWriter writer, SubtitleFormat format) : IVideoOutput
{
    private readonly List<FoundSegment> _segments = [];

    public void Write(VideoMoment moment)
    {
    }

    public void Write(FoundSegment segment) => _segments.Add(segment with { Image = null });

    public async Task FinishAsync(IReadOnlyList<SourceRun> runs)
    {
        await using (writer)
            format.Write(writer, _segments);
    }
}
