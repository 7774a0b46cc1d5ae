using System.Text.Json;
using System.Text.RegularExpressions;
using ClipGrpc.Cli.Video;
using ClipGrpc.Cli.Video.Reports;
using ClipGrpc.Cli.Video.Sources;
using ClipGrpc.Client;
using ClipGrpc.TestSupport;
using Microsoft.Extensions.Time.Testing;
using Spectre.Console;

namespace ClipGrpc.FunctionalTests.Cli.Video;

public sealed class ReportTests
{
    private const string NastyLabel = "a \"dog\", </script><b>&amp; --> x\r\n\r\nSTYLE";

    private readonly SourceRun _run = Run("film.mp4");

    [Fact(Timeout = 30_000)]
    public async Task WebVtt_Segments_AreCuesInTheOrderOfTheirStarts()
    {
        var text = await WriteAsync(SubtitleFormat.WebVtt, Found("b", 1.5, 3725.0407), Found("a", 0, 2));

        Assert.Equal(
            "WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.000\na (75 %)\n\n"
            + "2\n00:00:01.500 --> 01:02:05.041\nb (75 %)\n\n",
            text);
    }

    [Fact(Timeout = 30_000)]
    public async Task WebVtt_Label_IsShownAsItIs()
    {
        var text = await WriteAsync(SubtitleFormat.WebVtt, Found(NastyLabel, 0, 1));

        Assert.EndsWith(
            "\na \"dog\", &lt;/script&gt;&lt;b&gt;&amp;amp; --&gt; x STYLE (75 %)\n\n", text);
    }

    [Fact(Timeout = 30_000)]
    public async Task SubRip_Label_HasNoMarkupAndNoLineBreaks()
    {
        var text = await WriteAsync(SubtitleFormat.SubRip, Found(NastyLabel, 0, 1));

        Assert.Equal("1\n00:00:00,000 --> 00:00:01,000\na \"dog\", ‹/script›‹b›&amp; --› x STYLE (75 %)\n\n", text);
    }

    [Fact(Timeout = 30_000)]
    public async Task Subtitles_SegmentWithoutDuration_IsVisible() => Assert.Contains(
        "00:00:01,000 --> 00:00:01,001", await WriteAsync(SubtitleFormat.SubRip, Found("a", 1, 1)));

    [Fact]
    public void Time_MoreThan100Hours_KeepsItsHours() =>
        Assert.Equal("123:04:05.006", SubtitleFormat.WebVtt.Time(new TimeSpan(5, 3, 4, 5, 6)));

    [Fact(Timeout = 30_000)]
    public async Task Csv_Segments_AreQuotedRows()
    {
        var writer = new StringWriter { NewLine = "\n" };
        var csv = new CsvOutput(writer);

        csv.Write(Found("a \"dog\", big", 0.04, 1.1234567) with { Run = Run("a,b.mp4") });
        await csv.FinishAsync([]);

        Assert.Equal(
            "source,label,start_seconds,end_seconds,peak,mean\n"
            + "\"a,b.mp4\",\"a \"\"dog\"\", big\",0.04,1.123457,0.9,0.75\n",
            writer.ToString());
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData(" edge", "\" edge\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("", "")]
    public void Quote_Field_IsQuotedWhereItMustBe(string text, string expected) =>
        Assert.Equal(expected, CsvOutput.Quote(text));

    [Fact(Timeout = 30_000)]
    public async Task Html_NastyLabelsAndNames_StayData()
    {
        using var folder = new TemporaryFolder();
        var run = Run(folder.PathOf("videos/</script><img src=x>#1.mp4"));
        run.Arrived(TimeSpan.Zero);
        run.Problem = "it is truncated <b>";

        var html = await WriteHtmlAsync(folder, run, Found(NastyLabel, 0, 1) with { Run = run });

        // The page's own script elements and no others.
        Assert.Equal(2, Regex.Matches(html, "</script>").Count);
        Assert.DoesNotContain("<img", html);
        var source = Data(html).GetProperty("sources")[0];
        Assert.Equal("videos/%3C/script%3E%3Cimg%20src%3Dx%3E%231.mp4", source.GetProperty("video").GetString());
        Assert.Equal(NastyLabel, Data(html).GetProperty("labels")[0].GetString());
        Assert.Equal("it is truncated <b>", source.GetProperty("problem").GetString());
    }

    [Fact(Timeout = 30_000)]
    public async Task Html_Page_NeedsNothingElse()
    {
        using var folder = new TemporaryFolder();

        var html = await WriteHtmlAsync(folder, _run);

        Assert.Contains("default-src 'none'", html);
        Assert.DoesNotMatch("(src|href)=\"?https?:", html);
        Assert.DoesNotContain("<link", html);
        Assert.DoesNotContain("/*DATA*/", html);
    }

    [Fact(Timeout = 30_000)]
    public async Task Html_LiveSource_HasNoVideo()
    {
        using var folder = new TemporaryFolder();

        var camera = VideoSource.Parse("rtsp://u:secret@camera/x");
        var html = await WriteHtmlAsync(folder, new SourceRun(camera, "0", isLive: true));

        Assert.Equal(JsonValueKind.Null, Data(html).GetProperty("sources")[0].GetProperty("video").ValueKind);
        Assert.DoesNotContain("secret", html);
    }

    [Fact]
    public void Timeline_LongVideo_KeepsItsPeaksInFixedMemory()
    {
        var timeline = new ScoreTimeline(2);

        for (var frame = 0; frame < 45_000; frame++)
            timeline.Add(TimeSpan.FromSeconds(frame / 25.0), [frame == 30_000 ? 1 : 0.25f, 0.5f]);

        Assert.InRange(timeline.Intervals.Count, ScoreTimeline.MaxIntervals / 2, ScoreTimeline.MaxIntervals);
        Assert.All(timeline.Intervals, Assert.NotNull);
        var peak = Assert.Single(timeline.Intervals.Index(), interval => interval.Item![0] > 0.9f).Index;
        Assert.Equal(peak, (int)(TimeSpan.FromSeconds(30_000 / 25.0) / timeline.Interval));
        Assert.All(timeline.Intervals, interval => Assert.Equal(0.5f, interval![1]));
    }

    [Fact]
    public void Timeline_Gaps_HaveNoScores()
    {
        var timeline = new ScoreTimeline(1);

        timeline.Add(TimeSpan.Zero, [0.1f]);
        timeline.Add(TimeSpan.FromSeconds(100), [0.2f]);

        Assert.Equal(2, timeline.Intervals.Count(interval => interval is not null));
    }

    [Fact]
    public void LiveTable_Sources_AreRowsWithBarsCountsAndProblems()
    {
        var camera = new SourceRun(VideoSource.Parse("rtsp://u:secret@camera/[x]"), "1", isLive: true)
        {
            Latest = ClipModelFactory.Classification([new ClipPrediction("a [dog]", 0, 0.75f, 0.3f)]),
            Classified = 12,
            Dropped = 3,
            Lag = TimeSpan.FromMilliseconds(42),
        };
        var broken = Run("[b].mp4");
        broken.Problem = "there is no [file].";
        var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
        });
        console.Profile.Width = 160;

        console.Write(LiveTable.Render([camera, broken], topK: 3));

        var text = writer.ToString();
        Assert.Contains($"{new string('█', 12)}{new string('░', 4)}  75.0 %  a [dog]", text);
        Assert.Contains("rtsp://***@camera/[x]", text);
        Assert.Contains("12 classified", text);
        Assert.Contains("3 dropped", text);
        Assert.Contains("lag 42 ms", text);
        Assert.Contains("there is no [file].", text);
    }

    [Fact]
    public void SegmentImages_Label_GetsItsBestFrame()
    {
        var images = new SegmentImages(0.5f, most: 1);
        var (first, best, last) = (Image(1), Image(2), Image(3));

        images.Add(_run, first, [0.6f, 0.1f]);
        images.Add(_run, best, [0.9f, 0.6f]);
        images.Add(_run, last, [0.7f, 0.1f]);

        Assert.Same(best, images.Take(_run, Segment(0)));
        Assert.Null(images.Take(_run, Segment(1)));
        images.Add(_run, last, [0.8f, 0]);
        Assert.Null(images.Take(_run, Segment(0)));
    }

    [Fact]
    public void Thumbnail_Frame_IsScaledDownWithItsShape()
    {
        var pixels = new byte[1920 * 1080 * 3];
        // The right half is white.
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = i / 3 % 1920 < 960 ? (byte)0 : (byte)255;

        var image = Thumbnail.Create(new DecodedFrame(TimeSpan.Zero, 1920, 1080, pixels));

        Assert.Equal((192, 108), (image.Width, image.Height));
        var row = image.Pixels.AsSpan(50 * 192 * 3, 192 * 3).ToArray();
        Assert.All(row.Take(96 * 3), value => Assert.Equal(0, value));
        Assert.All(row.Skip(96 * 3), value => Assert.Equal(255, value));
    }

    private static SourceRun Run(string file) => new(VideoSource.Parse(file), "0", isLive: false);

    private FoundSegment Found(string label, double start, double end) => new(
        _run, label, 0, TimeSpan.FromSeconds(start), TimeSpan.FromSeconds(end), 0.9f, 0.75f, null);

    private static Thumbnail Image(byte value) => new(1, 1, [value, value, value]);

    private static VideoSegment Segment(int index) =>
        new("x", index, TimeSpan.Zero, TimeSpan.FromSeconds(1), 1, 1, Ended: true);

    private static async Task<string> WriteAsync(SubtitleFormat format, params FoundSegment[] segments)
    {
        var writer = new StringWriter();
        var output = new SubtitleOutput(writer, format);
        foreach (var segment in segments)
            output.Write(segment);
        await output.FinishAsync([]);
        return writer.ToString();
    }

    private static async Task<string> WriteHtmlAsync(
        TemporaryFolder folder, SourceRun run, params FoundSegment[] segments)
    {
        var writer = new StringWriter();
        var report = new HtmlReport(
            writer, folder.PathOf("report.html"), "ffmpeg", [NastyLabel], "demo", 0.5f, new FakeTimeProvider());
        foreach (var segment in segments)
            report.Write(segment);
        await report.FinishAsync([run]);
        return writer.ToString();
    }

    private static JsonElement Data(string html) => JsonDocument.Parse(
        Regex.Match(html, "<script type=\"application/json\" id=\"data\">(.*?)</script>", RegexOptions.Singleline)
            .Groups[1].Value).RootElement;
}
