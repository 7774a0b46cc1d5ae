using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ClipGrpc.Cli;
using ClipGrpc.Cli.Commands;

namespace ClipGrpc.FunctionalTests.Cli.Video;

/// <summary><c>clip video</c> with a server, the demo model and ffmpeg.</summary>
public sealed class VideoCommandTests(VideoServer server, TestVideos videos)
    : IClassFixture<VideoServer>, IClassFixture<TestVideos>
{
    // One frame of the slides.
    private const double Tolerance = 1.0 / TestVideos.SlideFramesPerSecond;

    [Fact(Timeout = 120_000)]
    public async Task Video_Slides_FindsEachWithinAFrame()
    {
        var csv = videos.PathOf("slides.csv");

        var run = await VideoAsync(videos.Slides(), "--csv", csv);

        Assert.Equal(0, run.ExitCode);
        AssertSlides(await SegmentsAsync(csv));
        Assert.Equal(
            ["00:00:00.000 - 00:00:02.000", "00:00:02.000 - 00:00:04.000", "00:00:04.000 - 00:00:06.000"],
            run.OutLines.Select(line => line[..27]));
        Assert.Equal(TestVideos.SlideLabels, run.OutLines.Select(line => line[38..]));
        Assert.Matches(
            "^clip: .*slides.mp4: 60 frames, 00:00:05.900 of video in [0-9.]+ s: 60 classified.$",
            Assert.Single(run.ErrorLines));
    }

    [Fact(Timeout = 120_000)]
    public async Task Video_Json_HasAllFramesInOrderAndTheSegments()
    {
        var run = await VideoAsync(videos.Slides(), "--json", "--top", "1");

        var lines = run.OutLines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var frames = lines.Where(line => line.GetProperty("type").GetString() == "frame").ToList();
        Assert.Equal(
            Enumerable.Range(0, 60).Select(frame => frame / 10.0),
            frames.Select(frame => frame.GetProperty("time").GetDouble()));
        Assert.Equal(
            Enumerable.Range(0, 60).Select(frame => TestVideos.SlideLabels[frame / 20]),
            frames.Select(frame => Assert.Single(frame.GetProperty("predictions").EnumerateArray())
                .GetProperty("label").GetString()));
        var segments = lines.Where(line => line.GetProperty("type").GetString() == "segment").ToList();
        Assert.Equal(TestVideos.SlideLabels, segments.Select(line => line.GetProperty("label").GetString()));
        Assert.Equal(63, lines.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Video_Crossfade_EndsOneSegmentAndBeginsTheNextInTheFade()
    {
        var csv = videos.PathOf("crossfade.csv");

        var run = await VideoAsync(videos.Crossfade(), "--csv", csv);

        Assert.Equal(0, run.ExitCode);
        var segments = await SegmentsAsync(csv);
        Assert.Equal(["a dog", "a slice of pizza"], segments.Select(segment => segment.Label));
        Assert.Equal(0, segments[0].Start);
        Assert.InRange(segments[0].End, 2 - Tolerance, 3 + Tolerance);
        Assert.InRange(segments[1].Start, segments[0].End, 3 + Tolerance);
        Assert.InRange(segments[1].End, 5 - Tolerance, 5 + Tolerance);
    }

    [Fact(Timeout = 120_000)]
    public async Task Video_Scenes_NeedsOneFrameOfEach()
    {
        var csv = videos.PathOf("scenes.csv");

        var run = await VideoAsync(videos.Slides(), "--csv", csv, "--scenes");

        AssertSlides(await SegmentsAsync(csv));
        Assert.Contains(" 3 frames, ", run.Error);
    }

    [Fact(Timeout = 180_000)]
    public async Task Video_StaticCamera_RunsTheModelForFewFramesWithTheSameSegments()
    {
        var film = videos.Static(60);
        var (all, few) = (videos.PathOf("all.csv"), videos.PathOf("few.csv"));

        await VideoAsync(film, "--csv", all);
        var run = await VideoAsync(film, "--csv", few, "--static-threshold", "0.01");

        var counts = Regex.Match(run.Error, "(\\d+) classified, (\\d+) skipped");
        Assert.True(counts.Success, run.Error);
        var (classified, skipped) = (Number(counts.Groups[1].Value), Number(counts.Groups[2].Value));
        Assert.Equal(600, classified + skipped);
        Assert.InRange(classified, 1, 600 * 0.05);
        Assert.Equal(
            (await SegmentsAsync(all)).Select(segment => (segment.Label, segment.Start, segment.End)),
            (await SegmentsAsync(few)).Select(segment => (segment.Label, segment.Start, segment.End)));
        Assert.NotEmpty(await SegmentsAsync(few));
    }

    [Fact(Timeout = 120_000)]
    public async Task Video_SeveralSources_AreToldApart()
    {
        var csv = videos.PathOf("several.csv");

        var run = await VideoAsync(videos.Slides(), videos.Static(3), videos.PathOf("missing.mp4"), "--csv", csv);

        Assert.Equal(1, run.ExitCode);
        var segments = await SegmentsAsync(csv);
        AssertSlides([.. segments.Where(segment => segment.Source == videos.Slides())]);
        var dog = Assert.Single(segments, segment => segment.Source == videos.Static(3));
        Assert.Equal(("a dog", 0), (dog.Label, dog.Start));
        Assert.Contains($"clip: {videos.PathOf("missing.mp4")}: file not found.", run.ErrorLines);
        Assert.All(run.OutLines, line => Assert.StartsWith(videos.PathOf(""), line));
    }

    [Fact(Timeout = 120_000)]
    public async Task Video_Files_AreSubtitlesAndOnePage()
    {
        var (vtt, srt, html) = (videos.PathOf("a.vtt"), videos.PathOf("a.srt"), videos.PathOf("a.html"));
        var token = TestContext.Current.CancellationToken;

        await VideoAsync(videos.Slides(), "--vtt", vtt, "--srt", srt, "--html", html);

        Assert.Matches(
            "^WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.000\na dog \\(\\d+ %\\)\n\n2\n00:00:02.000 --> 00:00:04.000\n"
            + "a slice of pizza \\(\\d+ %\\)\n\n3\n00:00:04.000 --> 00:00:06.000\na guitar \\(\\d+ %\\)\n\n$",
            await File.ReadAllTextAsync(vtt, token));
        Assert.StartsWith("1\n00:00:00,000 --> 00:00:02,000\n", await File.ReadAllTextAsync(srt, token));
        var page = await File.ReadAllTextAsync(html, token);
        var images = Regex.Matches(page, "\"data:image/jpeg;base64,([^\"]+)\"");
        Assert.Equal(3, images.Count);
        // The JSON writer escapes the plus signs of base64.
        Assert.All(images, image => Assert.Equal(
            [0xFF, 0xD8], Convert.FromBase64String(Regex.Unescape(image.Groups[1].Value))[..2]));
        Assert.Contains("\"video\":\"slides.mp4\"", page);
    }

    [Fact(Timeout = 120_000)]
    public async Task Video_PartOfAFile_IsNoError()
    {
        var run = await VideoAsync(videos.Slides(), "--ffmpeg-args", "-ss 1 -t 2");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(": 20 frames, ", run.Error);
        Assert.Equal(
            ["00:00:00.000 - 00:00:01.000", "00:00:01.000 - 00:00:02.000"],
            run.OutLines.Select(line => line[..27]));
    }

    [Fact(Timeout = 120_000)]
    public async Task Video_StandardInput_IsReadToItsEnd()
    {
        await using var content = File.OpenRead(videos.Slides());

        var run = await RunAsync(content, TestContext.Current.CancellationToken, "-");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(3, run.OutLines.Length);
        Assert.StartsWith("clip: standard input: 60 frames", run.Error);
    }

    [Fact(Timeout = 120_000)]
    public async Task Video_TruncatedFile_KeepsWhatItFound()
    {
        var content = await File.ReadAllBytesAsync(videos.Slides(), TestContext.Current.CancellationToken);
        var file = videos.Write("half.mp4", content[..(content.Length * 2 / 3)]);
        var csv = videos.PathOf("half.csv");

        var run = await VideoAsync(file, "--csv", csv);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"clip: {file}: it is truncated (after ", run.Error);
        Assert.Equal("a dog", (await SegmentsAsync(csv))[0].Label);
    }

    [Fact(Timeout = 120_000)]
    public async Task Video_FfmpegKilled_KeepsWhatItFound()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The script is of a Unix shell.");
        // 45 frames of 160 × 120, and a part of one.
        var script = Script(
            $"case \"$*\" in *'-c:v mjpeg'*) exec '{TestVideos.Ffmpeg}' \"$@\";; esac\n"
            + $"'{TestVideos.Ffmpeg}' \"$@\" | head -c 2620000\nkill -KILL $$\n");
        var (csv, html) = (videos.PathOf("killed.csv"), videos.PathOf("killed.html"));

        var run = await VideoAsync(videos.Slides(), "--csv", csv, "--html", html, "--ffmpeg", script);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("slides.mp4: ffmpeg was terminated by signal 9 (after 45 frames, 4.4 s)", run.Error);
        Assert.Equal(["a dog", "a slice of pizza", "a guitar"], (await SegmentsAsync(csv)).Select(line => line.Label));
        var page = await File.ReadAllTextAsync(html, TestContext.Current.CancellationToken);
        Assert.Contains("\"problem\":\"ffmpeg was terminated by signal 9 ", page);
    }

    [Fact(Timeout = 120_000)]
    public async Task Video_Interrupted_KeepsWhatItFoundAndCounts()
    {
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var vtt = videos.PathOf("interrupted.vtt");

        // Frames keep coming until the first segment has ended, which interrupts the run.
        var run = await RunAsync(
            Stream.Null, interrupt.Token, new WatchingWriter("a dog", interrupt.Cancel), videos.Slides(), "--vtt",
            vtt, "--ffmpeg-args", "-re");

        Assert.Equal(ExitCode.Interrupted, run.ExitCode);
        Assert.Contains("a dog (", await File.ReadAllTextAsync(vtt, TestContext.Current.CancellationToken));
        Assert.Matches("slides.mp4: \\d+ frames, .* classified", run.Error);
    }

    [Fact(Timeout = 120_000)]
    public async Task Video_WrongPassword_IsReportedWithoutIt()
    {
        Assert.NotEmpty(TestVideos.Ffmpeg);
        using var camera = new TcpListener(IPAddress.Loopback, 0);
        camera.Start();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var refusing = RefuseAsync(camera, end.Token);
        var address = $"127.0.0.1:{((IPEndPoint)camera.LocalEndpoint).Port}/stream";

        var run = await VideoAsync($"rtsp://admin:hunter2@{address}", "--reconnect");
        await end.CancelAsync();
        await refusing;

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            $"clip: rtsp://***@{address}: the source rejected the user name or password (401 Unauthorized).",
            Assert.Single(run.ErrorLines));
        Assert.DoesNotContain("hunter2", run.Out + run.Error);
    }

    [Fact(Timeout = 120_000)]
    public async Task Video_LiveSourceThatIsLost_IsConnectedAgain()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The script is of a Unix shell.");
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        // The second connection shows something else.
        var state = videos.PathOf("connected");
        var script = Script(
            $"if [ -e '{state}' ]; then set -- -ss 4 \"$@\"; else set -- -t 1 \"$@\"; fi\n"
            + $": >'{state}'\nexec '{TestVideos.Ffmpeg}' \"$@\"\n");

        var run = await RunAsync(
            Stream.Null, interrupt.Token, new WatchingWriter("\"a guitar\"", interrupt.Cancel),
            videos.Slides(), "--live", "true", "--reconnect", "--json", "--top",
            "1", "--ffmpeg", script, "--ffmpeg-args", "-re");

        Assert.Equal(ExitCode.Interrupted, run.ExitCode);
        Assert.Contains("slides.mp4: the source ended. Reconnecting in 1 s.", run.Error);
        var times = run.OutLines.Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("type").GetString() == "frame")
            .Select(line => line.GetProperty("time").GetDouble()).ToList();
        Assert.Equal(times.Order(), times);
    }

    [Fact(Timeout = 120_000)]
    public async Task Video_Live_BeginsWithTheFirstFrame()
    {
        // One keyframe: without it nothing can be decoded.
        var film = videos.Make("one-keyframe.mkv", "-i", videos.Slides(), "-c:v", "mpeg4", "-g", "1000", "-q:v", "2");

        var run = await VideoAsync(film, "--live", "true", "--json", "--ffmpeg-args", "-re");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(": 60 frames, ", run.Error);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("Unknown option '--nonsense'. For a file of that name, write ./--nonsense.", "--nonsense")]
    [InlineData("--every, --fps and --scenes cannot be used together.", "a.mp4", "--every", "1s", "--fps", "2")]
    [InlineData("--every: \"0s\" is not a duration greater than 0, such as 1s, 500ms or 2m.", "a.mp4", "--every", "0s")]
    [InlineData("--vtt and --srt require a single source.", "a.mp4", "b.mp4", "--vtt", "x.vtt")]
    [InlineData("--leave-threshold must not be more than --threshold.", "a.mp4", "--leave-threshold", "0.6")]
    [InlineData("--raw: \"nv12 1x1\" is not of the form \"nv12 1280x720@25\".", "-", "--raw", "nv12", "1x1")]
    [InlineData("--ffmpeg: there is no file /no/ffmpeg.", "a.mp4", "--ffmpeg", "/no/ffmpeg")]
    public async Task Video_WrongUse_IsOneLine(string message, params string[] arguments)
    {
        var run = await VideoAsync(arguments);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
        Assert.Equal("", run.Out);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static async Task<List<(string Source, string Label, double Start, double End)>> SegmentsAsync(string csv)
    {
        var lines = await File.ReadAllLinesAsync(csv, TestContext.Current.CancellationToken);
        return [.. lines.Skip(1).Select(line => line.Split(',')).Select(cells =>
            (cells[0], cells[1], Number(cells[2]), Number(cells[3])))];
    }

    private static void AssertSlides(List<(string Source, string Label, double Start, double End)> segments)
    {
        Assert.Equal(TestVideos.SlideLabels, segments.Select(segment => segment.Label));
        foreach (var (index, segment) in segments.Index())
        {
            Assert.InRange(segment.Start - (index * TestVideos.SlideSeconds), -Tolerance, Tolerance);
            Assert.InRange(segment.End - ((index + 1) * TestVideos.SlideSeconds), -Tolerance, Tolerance);
        }
    }

    private static async Task RefuseAsync(TcpListener camera, CancellationToken token)
    {
        try
        {
            while (true)
            {
                using var connection = await camera.AcceptTcpClientAsync(token);
                using var reader = new StreamReader(connection.GetStream());
                var number = 0;
                while (await reader.ReadLineAsync(token) is { } line)
                {
                    if (line.StartsWith("CSeq:", StringComparison.OrdinalIgnoreCase))
                        number = int.Parse(line[5..], CultureInfo.InvariantCulture);
                    if (line.Length > 0)
                        continue;
                    await connection.GetStream().WriteAsync(
                        Encoding.ASCII.GetBytes(
                            $"RTSP/1.0 401 Unauthorized\r\nCSeq: {number}\r\n"
                            + "WWW-Authenticate: Basic realm=\"camera\"\r\n\r\n"),
                        token);
                }
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            return;
        }
    }

    private string Script(string body)
    {
        var script = videos.Write($"ffmpeg{Guid.NewGuid():N}.sh", $"#!/bin/sh\n{body}");
#pragma warning disable CA1416 // Tests that use it are skipped on Windows.
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
#pragma warning restore CA1416
        return script;
    }

    private Task<CliRun> VideoAsync(params string[] arguments) =>
        RunAsync(Stream.Null, TestContext.Current.CancellationToken, arguments);

    private Task<CliRun> RunAsync(Stream input, CancellationToken token, params string[] arguments) =>
        RunAsync(input, token, new StringWriter(), arguments);

    private async Task<CliRun> RunAsync(
        Stream input, CancellationToken token, StringWriter output, params string[] arguments)
    {
        var error = new StringWriter();
        var console = new CliConsole(output, error, outIsTerminal: false, errorIsTerminal: false) { InBytes = input };
        string[] all =
        [
            "video", .. arguments, "--labels", string.Join(',', TestVideos.SlideLabels), "--server", server.Address,
        ];
        var exitCode = await ClipApp.RunAsync(all, console, token).WaitAsync(TestContext.Current.CancellationToken);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Acts when a text is written.</summary>
    private sealed class WatchingWriter(string text, Action act) : StringWriter
    {
        public override void Write(string? value)
        {
            base.Write(value);
            if (value?.Contains(text, StringComparison.Ordinal) == true)
                act();
        }

        public override void WriteLine(string? value) => Write(value + "\n");
    }
}
