using System.Globalization;
using System.Text.Json;
using ClipGrpc.Cli.Output;

namespace ClipGrpc.Cli.Video.Reports;

/// <summary>One page with a timeline per label and an image per segment, which needs nothing else to be read.</summary>
internal sealed class HtmlReport(
    TextWriter writer, string path, string ffmpeg, IReadOnlyList<string> labels, string model, float threshold,
    TimeProvider time) : IVideoOutput
{
    private const string Placeholder = "/*DATA*/";

    private readonly Dictionary<SourceRun, ScoreTimeline> _timelines = [];
    private readonly List<FoundSegment> _segments = [];
    private readonly Dictionary<SourceRun, TimeSpan> _last = [];
    private TimeSpan _longestGap;

    public void Write(VideoMoment moment)
    {
        if (moment.Result.Result is not { IsSuccess: true, Value.Scores: var scores })
            return;
        if (!_timelines.TryGetValue(moment.Run, out var timeline))
            _timelines[moment.Run] = timeline = new ScoreTimeline(labels.Count);
        timeline.Add(moment.Result.Timestamp, scores);
        if (_last.TryGetValue(moment.Run, out var last) && moment.Result.Timestamp - last > _longestGap)
            _longestGap = moment.Result.Timestamp - last;
        _last[moment.Run] = moment.Result.Timestamp;
    }

    public void Write(FoundSegment segment) => _segments.Add(segment);

    public async Task FinishAsync(IReadOnlyList<SourceRun> runs)
    {
        await using (writer)
        {
            var images = await EncodeAsync();
            var data = new ReportData(
                model,
                time.GetLocalNow().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                threshold,
                _longestGap.TotalSeconds,
                labels,
                [.. runs.Select(run => Source(run, images))]);
            var json = JsonSerializer.Serialize(data, ReportJson.Default.ReportData);
            await writer.WriteAsync((await ReadTemplateAsync()).Replace(Placeholder, json, StringComparison.Ordinal));
        }
    }

    private async Task<Dictionary<FoundSegment, string>> EncodeAsync()
    {
        var images = new Dictionary<FoundSegment, string>(ReferenceEqualityComparer.Instance);
        var sizes = _segments.Where(segment => segment.Image is not null)
            .GroupBy(segment => (segment.Image!.Width, segment.Image.Height));
        foreach (var group in sizes)
        {
            var segments = group.ToList();
            var files = await JpegEncoder.EncodeAsync(
                ffmpeg, [.. segments.Select(segment => segment.Image!)], CancellationToken.None);
            foreach (var (segment, file) in segments.Zip(files))
                images[segment] = $"data:image/jpeg;base64,{Convert.ToBase64String(file)}";
        }

        return images;
    }

    private ReportSource Source(SourceRun run, Dictionary<FoundSegment, string> images)
    {
        var timeline = _timelines.GetValueOrDefault(run) ?? new ScoreTimeline(labels.Count);
        var segments = _segments.Where(segment => segment.Run == run).OrderBy(segment => segment.Start)
            .Select(segment => new ReportSegment(
                segment.Index,
                segment.Start.TotalSeconds,
                segment.End.TotalSeconds,
                segment.Peak,
                segment.Mean,
                images.GetValueOrDefault(segment)));
        return new ReportSource(
            run.Source.Name,
            run.Source.FilePath is { } video && run.Decoded > 0 ? PageLink.Of(video, path) : null,
            run.Problem,
            run.Decoded > 0 ? run.End.TotalSeconds : 1,
            timeline.Interval.TotalSeconds,
            [.. run.Counts.Select(count => new object[] { count.Count, count.Name })],
            [.. labels.Select((_, label) => Percentages(timeline, label))],
            [.. segments]);
    }

    private static int[] Percentages(ScoreTimeline timeline, int label) =>
        [.. timeline.Intervals.Select(scores => scores is null ? -1 : (int)Math.Round(scores[label] * 100))];

    private static async Task<string> ReadTemplateAsync()
    {
        var assembly = typeof(HtmlReport).Assembly;
        await using var resource = assembly.GetManifestResourceStream("ClipGrpc.Cli.Video.report.html")!;
        using var reader = new StreamReader(resource);
        return await reader.ReadToEndAsync();
    }
}
