using ClipGrpc.Cli.Video.Ffmpeg;
using ClipGrpc.Cli.Video.Sources;

namespace ClipGrpc.FunctionalTests.Cli.Video;

public sealed class FfmpegArgumentsTests
{
    [Fact]
    public void Decode_File_MayReadFilesOfContainersOnly()
    {
        var arguments = Decode("-film.mp4");

        Assert.Equal("file", After(arguments, "-protocol_whitelist"));
        Assert.Equal($"file:{Path.GetFullPath("-film.mp4")}", After(arguments, "-i"));
        var formats = After(arguments, "-format_whitelist").Split(',');
        Assert.Contains("mp4", formats);
        Assert.Contains("matroska", formats);
        Assert.Empty(formats.Intersect(["hls", "dash", "concat", "concatf", "sdp", "image2", "lavfi", "imf"]));
    }

    [Fact]
    public void Decode_AllowedProtocols_AreAddedWithThePlaylists()
    {
        var arguments = Decode("list.m3u8", new VideoOptions { AllowedProtocols = ["https", "tls"] });

        Assert.Equal("file,https,tls", After(arguments, "-protocol_whitelist"));
        Assert.Contains("hls", After(arguments, "-format_whitelist").Split(','));
    }

    [Theory]
    [InlineData("http://host/v.mp4", "http,https,httpproxy,tls,tcp")]
    [InlineData("rtsp://host/v", "rtsp,rtp,srtp,udp,tls,tcp")]
    [InlineData("rtmps://host/v", "rtmps,tls,tcp")]
    [InlineData("srt://host:9", "srt")]
    [InlineData("-", "pipe")]
    public void Decode_Source_MayUseItsOwnProtocolsAndNoFiles(string source, string protocols) =>
        Assert.Equal(protocols, After(Decode(source), "-protocol_whitelist"));

    [Fact]
    public void Decode_LiveSource_HasLittleDelayAndItsFirstKeyframe()
    {
        var arguments = Decode("rtsp://u:p@camera/stream");

        Assert.Equal("low_delay", After(arguments, "-flags"));
        Assert.DoesNotContain("-fflags", arguments);
        Assert.Equal("tcp", After(arguments, "-rtsp_transport"));
        Assert.Equal("rtsp://u:p@camera/stream", After(arguments, "-i"));
        Assert.DoesNotContain("-flags", Decode("film.mp4"));
    }

    [Fact]
    public void Decode_OptionsOfFfmpeg_ComeBeforeTheInput()
    {
        var arguments = Decode(
            "film.mp4", new VideoOptions { HardwareDecoder = "vaapi", InputArguments = ["-ss", "10"] });

        Assert.Equal("vaapi", After(arguments, "-hwaccel"));
        Assert.Equal(arguments.IndexOf("-i") - 2, arguments.IndexOf("-ss"));
    }

    [Fact]
    public void Decode_RawFrames_StateTheirForm()
    {
        var arguments = Decode("-", new VideoOptions { Raw = RawVideoFormat.Parse("nv12", "1280x720@29.97") });

        Assert.Equal("nv12", After(arguments, "-pixel_format"));
        Assert.Equal("1280x720", After(arguments, "-video_size"));
        Assert.Equal("29.97", After(arguments, "-framerate"));
        Assert.Equal("pipe:0", After(arguments, "-i"));
    }

    [Fact]
    public void Decode_Camera_IsReadFromVideo4Linux()
    {
        var arguments = Decode("/dev/video1");

        Assert.Equal("v4l2", After(arguments, "-f"));
        Assert.Equal("/dev/video1", After(arguments, "-i"));
        Assert.DoesNotContain("-protocol_whitelist", arguments);
    }

    [Fact]
    public void Decode_Filters_SelectBeforeTheyConvert()
    {
        Assert.StartsWith(
            "select='isnan(prev_selected_t)+gt(floor(t*0.5+0.001),floor(prev_selected_t*0.5+0.001))',scale=",
            After(Decode("a", new VideoOptions { FramesPerSecond = 0.5 }), "-vf"));
        Assert.StartsWith(
            "select='eq(n,0)+gt(scene,0.25)',scale=",
            After(Decode("a", new VideoOptions { SceneThreshold = 0.25 }), "-vf"));
        Assert.EndsWith(
            ":in_color_matrix=bt709,format=rgb24",
            After(Decode("a", new VideoOptions { ColorMatrix = "bt709" }), "-vf"));
    }

    [Theory]
    [InlineData("nv12", "1280x720")]
    [InlineData("nv12", "0x720@25")]
    [InlineData("nv12", "1280x720@0")]
    [InlineData("nv12", "99999x720@25")]
    [InlineData("nv12,scale", "1280x720@25")]
    [InlineData("-nv12", "1280x720@25")]
    public void Parse_RawFormatThatIsNone_IsNull(string format, string size) =>
        Assert.Null(RawVideoFormat.Parse(format, size));

    [Theory]
    [InlineData("1s", 1000)]
    [InlineData("500ms", 500)]
    [InlineData("1.5", 1500)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("0.04s", 40)]
    public void Parse_Duration_IsThatTime(string text, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Duration.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1 s")]
    [InlineData("1d")]
    [InlineData("1e3s")]
    [InlineData("25h")]
    [InlineData("NaN")]
    public void Parse_DurationThatIsNone_IsNull(string text) => Assert.Null(Duration.Parse(text));

    private static List<string> Decode(string source, VideoOptions? options = null)
    {
        var parsed = VideoSource.Parse(source);
        return FfmpegArguments.Decode(parsed, parsed.IsLive, options ?? new VideoOptions());
    }

    private static string After(List<string> arguments, string name) => arguments[arguments.IndexOf(name) + 1];
}
