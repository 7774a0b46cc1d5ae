using ClipGrpc.Cli;
using ClipGrpc.Cli.Video.Ffmpeg;
using ClipGrpc.TestSupport;

namespace ClipGrpc.FunctionalTests.Cli.Video;

public sealed class FfmpegMessagesTests
{
    [Theory]
    [InlineData("[fatal] Stream map '0:V:0' matches no streams.", "it has no video track.")]
    [InlineData(
        "[rtsp @ 0x55d] [error] method DESCRIBE failed: 401 Unauthorized",
        "the source rejected the user name or password (401 Unauthorized).")]
    [InlineData(
        "[tcp @ 0x55d] [error] Connection to tcp://127.0.0.1:1?timeout=0 failed: Connection refused",
        "it cannot be reached: Connection refused.")]
    [InlineData("[https @ 0x1] [error] HTTP error 404 Not Found", "not found (404 Not Found).")]
    [InlineData(
        "[error] file:/x.txt: Invalid data found when processing input",
        "it is damaged, or not a video that ffmpeg can read.")]
    [InlineData("[error] something new happened", "something new happened")]
    [InlineData(
        "[error] rtsp://user:secret@host/x: something new", "rtsp://***@host/x: something new")]
    public void Explain_Line_IsPlain(string line, string expected) =>
        Assert.Equal(expected, FfmpegMessages.Explain([line]));

    [Fact]
    public void Explain_RefusedProtocol_NamesTheOption() => Assert.StartsWith(
        "it refers to a file or URL with the protocol https; allow it with --allow-protocols",
        FfmpegMessages.Explain(["[https @ 0x1] [error] Protocol 'https' not on whitelist 'file,crypto'!"]));

    [Fact]
    public void Explain_SeveralLines_TakesTheCause() => Assert.StartsWith(
        "its index (moov atom) is missing",
        FfmpegMessages.Explain(
        [
            "[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5581d1b50940] [error] moov atom not found",
            "[error] file:/a.mp4: Invalid data found when processing input",
        ]));

    [Fact]
    public void Explain_NoLines_IsNothing() => Assert.Null(FfmpegMessages.Explain([]));

    [Theory]
    [InlineData("[matroska,webm @ 0x56] [error] File ended prematurely", true)]
    [InlineData("[mov @ 0x55] [error] stream 0, offset 0x6426: partial file", true)]
    [InlineData("[h264 @ 0x55] [error] non-existing PPS 0 referenced", false)]
    public void IsTruncated_Line_TellsTheEndFromOtherDamage(string line, bool expected) =>
        Assert.Equal(expected, FfmpegMessages.IsTruncated([line]));

    [Fact(Timeout = 30_000)]
    public async Task MessageLines_EndlessText_KeepsItsBeginningAndEnd()
    {
        var text = string.Join('\n', Enumerable.Range(0, 1000).Select(i => $"line {i} {new string('x', 2000)}"));
        var messages = new MessageLines();

        await messages.ReadAsync(new StringReader(text));

        Assert.Equal(1000, messages.Count);
        var lines = messages.Lines.ToList();
        Assert.StartsWith("line 0 ", lines[0]);
        Assert.StartsWith("line 999 ", lines[^1]);
        Assert.InRange(lines.Sum(line => line.Length), 1, 10_000);
    }

    [Theory]
    [InlineData("""{"streams":[{"height":720,"pix_fmt":"yuv420p","duration":"6.000000"}],"format":{}}""", 6.0, "bt709")]
    [InlineData(
        """{"streams":[{"height":1080,"pix_fmt":"yuv420p","color_space":"smpte170m"}],"format":{"duration":"2.5"}}""",
        2.5, null)]
    [InlineData("""{"streams":[{"height":480,"pix_fmt":"yuv420p","color_space":"unknown"}]}""", null, null)]
    [InlineData("""{"streams":[{"height":1080,"pix_fmt":"rgb24"}]}""", null, null)]
    [InlineData("""{"programs":[],"streams":[],"format":{"duration":"3"}}""", null, null)]
    [InlineData("no JSON", null, null)]
    public void Parse_Probe_IsTheDurationAndTheMatrixToAssume(string json, double? seconds, string? matrix)
    {
        var probe = VideoProbe.Parse(System.Text.Encoding.UTF8.GetBytes(json));

        Assert.Equal((seconds, matrix), (probe.Duration?.TotalSeconds, probe.ColorMatrix));
    }

    [Fact]
    public void Find_NoFfmpeg_SaysHowToInstallIt()
    {
        using var empty = new TemporaryFolder();

        var exception = Assert.Throws<CliException>(() => FfmpegLocator.Find(null, null, empty.Path));

        Assert.Equal(1, exception.ExitCode);
        Assert.Matches("^ffmpeg.* was not found.* Install it \\(.*install.*\\), .*--ffmpeg PATH", exception.Message);
    }

    [Fact]
    public void Find_Settings_GoBeforeThePath()
    {
        using var folder = new TemporaryFolder();
        var inPath = folder.Write(OperatingSystem.IsWindows() ? "ffmpeg.exe" : "ffmpeg", "");
        var other = folder.Write("other", "");

        Assert.Equal(inPath, FfmpegLocator.Find(null, "", folder.Path));
        Assert.Equal(other, FfmpegLocator.Find(null, other, folder.Path));
        Assert.Equal(other, FfmpegLocator.Find(other, inPath, folder.Path));
        var exception = Assert.Throws<CliException>(() => FfmpegLocator.Find("/no/ffmpeg", null, folder.Path));
        Assert.Equal((2, "--ffmpeg: there is no file /no/ffmpeg."), (exception.ExitCode, exception.Message));
    }
}
