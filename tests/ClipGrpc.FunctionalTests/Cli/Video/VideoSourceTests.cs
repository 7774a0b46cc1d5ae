using ClipGrpc.Cli;
using ClipGrpc.Cli.Video.Sources;

namespace ClipGrpc.FunctionalTests.Cli.Video;

public sealed class VideoSourceTests
{
    [Theory]
    [InlineData("-foo.mp4")]
    [InlineData("concat:a.mp4|b.mp4")]
    [InlineData("subfile,,start,0,end,9,,:a.mp4")]
    [InlineData("frames%03d.png")]
    public void Parse_NameThatFfmpegReadsMoreInto_IsAFile(string name)
    {
        var source = VideoSource.Parse(name);

        Assert.Equal(VideoSourceKind.File, source.Kind);
        Assert.Equal($"file:{Path.GetFullPath(name)}", source.Input);
        Assert.Equal(Path.GetFullPath(name), source.FilePath);
        Assert.False(source.IsLive);
    }

    [Theory]
    [InlineData("rtsp://camera/stream", true)]
    [InlineData("RTSPS://camera/stream", true)]
    [InlineData("rtmp://host/live/key", true)]
    [InlineData("http://camera/video.cgi", true)]
    [InlineData("https://host/film.mp4", false)]
    [InlineData("https://host/film.MKV?token=x", false)]
    [InlineData("/dev/video0", true)]
    [InlineData("-", false)]
    public void Parse_Source_KnowsWhetherItIsLive(string text, bool isLive) =>
        Assert.Equal(isLive, VideoSource.Parse(text).IsLive);

    [Theory]
    [InlineData("ftp://host/film.mp4", "ftp://")]
    [InlineData("gopher://u:secret@host/", "gopher://")]
    [InlineData("lavfi://movie=/etc/passwd", "lavfi://")]
    public void Parse_OtherScheme_IsWrongUseThatNamesTheSupportedOnes(string text, string scheme)
    {
        var exception = Assert.Throws<CliException>(() => VideoSource.Parse(text));

        Assert.Equal(2, exception.ExitCode);
        Assert.Contains($"{scheme} URLs are not supported. Supported: http, https, rtsp", exception.Message);
        Assert.DoesNotContain("secret", exception.Message);
    }

    [Fact]
    public void Parse_FileAddress_IsTheFile() => Assert.Equal(
        "/videos/a b.mp4", VideoSource.Parse("file:///videos/a%20b.mp4").FilePath?.Replace('\\', '/')[^15..]);

    [Theory]
    [InlineData("rtsp://user:pass@host/path", "rtsp://***@host/path")]
    [InlineData("rtsp://user:p@ss:w@host:554/path?x=1", "rtsp://***@host:554/path?x=1")]
    [InlineData("http://host/v?user=admin&pwd=1234&fps=5", "http://host/v?user=***&pwd=***&fps=5")]
    [InlineData("http://host/v?access_token=abc", "http://host/v?access_token=***")]
    [InlineData("http://host/a@b", "http://host/a@b")]
    [InlineData("Error opening 'rtsp://u:p@h/x': 401", "Error opening 'rtsp://***@h/x': 401")]
    public void Hide_Credentials_AreNotShown(string text, string expected) =>
        Assert.Equal(expected, Secrets.Hide(text));
}
