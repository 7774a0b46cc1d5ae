using System.Buffers.Binary;
using ClipGrpc.Cli.Video;
using ClipGrpc.Cli.Video.Ffmpeg;
using ClipGrpc.Cli.Video.Sources;

namespace ClipGrpc.FunctionalTests.Cli.Video;

/// <summary>What ffmpeg makes of generated videos.</summary>
public sealed class VideoDecoderTests(TestVideos videos) : IClassFixture<TestVideos>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Read_VariableFrameRate_KeepsEachTime()
    {
        var film = videos.Make(
            "variable.mkv", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1", "-vf", "settb=1/1000,setpts='N*N*10'",
            "-enc_time_base", "1:1000", "-fps_mode", "passthrough", "-c:v", "ffv1");

        var frames = await ReadAsync(film);

        Assert.Equal(Enumerable.Range(0, 25).Select(n => n * n * 10.0), frames.Select(Milliseconds));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(1, new double[] { 0, 1000, 2000 })]
    [InlineData(2.5, new double[] { 0, 400, 800, 1200, 1600, 2000, 2400, 2800 })]
    public async Task Read_FramesPerSecond_TakesTheFirstFrameOfEachInterval(double frames, double[] expected)
    {
        var film = videos.Make(
            "steady.mkv", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=3", "-c:v", "ffv1");

        var read = await ReadAsync(film, new VideoOptions { FramesPerSecond = frames });

        Assert.Equal(expected, read.Select(Milliseconds));
    }

    [Fact(Timeout = 120_000)]
    public async Task Read_FramesPerSecondThatDoNotDivideTheRate_KeepsTheAverage()
    {
        var film = videos.Make(
            "steady.mkv", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=3", "-c:v", "ffv1");

        Assert.Equal(30, (await ReadAsync(film, new VideoOptions { FramesPerSecond = 10 })).Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Read_Scenes_GivesTheFirstFrameOfEach()
    {
        var frames = await ReadAsync(videos.Slides(), new VideoOptions { SceneThreshold = 0.2 });

        Assert.Equal([0, 2000, 4000], frames.Select(Milliseconds));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("limited601.mkv", "yuv420p", "tv", "bt601", "smpte170m", "640x480")]
    [InlineData("full601.mkv", "yuv420p", "pc", "bt601", "smpte170m", "640x480")]
    [InlineData("limited709.mkv", "yuv420p", "tv", "bt709", "bt709", "640x480")]
    [InlineData("full709.mkv", "yuv444p", "pc", "bt709", "bt709", "640x480")]
    [InlineData("ten2020.mkv", "yuv420p10le", "tv", "bt2020", "bt2020nc", "640x480")]
    [InlineData("untagged601.mkv", "yuv420p", "tv", "bt601", null, "640x480")]
    [InlineData("untagged709.mkv", "yuv420p", "tv", "bt709", null, "1280x720")]
    public async Task Read_Colors_AreThoseBeforeTheEncoding(
        string name, string format, string range, string matrix, string? tag, string size)
    {
        string[] tags = tag is null ? [] : ["-colorspace", tag, "-color_range", range];
        var film = videos.Make(
            name,
            [
                "-f", "lavfi", "-i", $"color=c=0xC83250:s={size}:r=1:d=1,format=rgb24", "-vf",
                $"scale=out_color_matrix={matrix}:out_range={range}:flags=accurate_rnd+full_chroma_int,format={format}",
                .. tags, "-c:v", "ffv1", "-strict", "-2",
            ]);

        var frame = Assert.Single(await ReadAsync(film));

        Assert.Equal(size, $"{frame.Width}x{frame.Height}");
        var middle = frame.Pixels.AsSpan(((frame.Height / 2 * frame.Width) + (frame.Width / 2)) * 3, 3);
        Assert.InRange(middle[0], 0xC8 - 2, 0xC8 + 2);
        Assert.InRange(middle[1], 0x32 - 2, 0x32 + 2);
        Assert.InRange(middle[2], 0x50 - 2, 0x50 + 2);
    }

    [Fact(Timeout = 120_000)]
    public async Task Read_RotationOfTheContainer_TurnsTheFrame()
    {
        var upright = videos.Make(
            "upright.mp4", "-f", "lavfi", "-i", "color=c=red:s=96x64:r=5:d=1,drawbox=w=48:h=64:c=blue:t=fill",
            "-c:v", "mpeg4", "-q:v", "2");
        var content = await File.ReadAllBytesAsync(upright, Token);
        var turned = videos.Write("turned.mp4", TurnClockwise(content, height: 64));

        var frame = (await ReadAsync(turned))[0];

        // The left half is on top after a quarter turn clockwise.
        Assert.Equal((64, 96), (frame.Width, frame.Height));
        Assert.True(frame.Pixels[(64 * 10 + 32) * 3 + 2] > 200, "blue on top");
        Assert.True(frame.Pixels[(64 * 85 + 32) * 3] > 200, "red below");
    }

    [Fact(Timeout = 120_000)]
    public async Task Read_PixelsThatAreNotSquare_BecomeSquare()
    {
        var film = videos.Make(
            "anamorphic.mkv", "-f", "lavfi", "-i", "testsrc=s=64x48:r=1:d=1,setsar=2/1", "-c:v", "ffv1");

        Assert.Equal(128, Assert.Single(await ReadAsync(film)).Width);
    }

    [Fact(Timeout = 120_000)]
    public async Task Read_Container_FromStandardInput()
    {
        await using var content = File.OpenRead(videos.Slides());

        Assert.Equal(60, (await ReadAsync("-", input: content)).Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Read_RawFrames_FromStandardInput()
    {
        var frames = new MemoryStream(Enumerable.Repeat((byte)128, 16 * 8 * 3 / 2 * 4).ToArray());

        var read = await ReadAsync("-", new VideoOptions { Raw = RawVideoFormat.Parse("nv12", "16x8@25") }, frames);

        Assert.Equal([0, 40, 80, 120], read.Select(Milliseconds));
        Assert.All(read, frame => Assert.All(frame.Pixels, value => Assert.InRange(value, 128, 132)));
    }

    [Fact(Timeout = 120_000)]
    public async Task Read_Truncated_GivesTheFramesAndThenTheError()
    {
        var content = await File.ReadAllBytesAsync(videos.Slides(), Token);
        var frames = new List<DecodedFrame>();

        var exception = await Assert.ThrowsAsync<VideoException>(
            () => ReadAsync(videos.Write("cut.mp4", content[..(content.Length * 2 / 3)]), frames: frames));

        Assert.InRange(frames.Count, 20, 50);
        Assert.StartsWith($"it is truncated (after {frames.Count} frames, ", exception.Message);
    }

    // As a file does whose end is gone without a trace: MPEG transport streams end anywhere.
    [Fact(Timeout = 120_000)]
    public async Task Read_EndsBeforeItsDuration_IsAnError()
    {
        var frames = new List<DecodedFrame>();

        var exception = await Assert.ThrowsAsync<VideoException>(
            () => ReadAsync(videos.Slides(), new VideoOptions { InputArguments = ["-t", "3"] }, frames: frames));

        Assert.Equal((30, "it ends after 2.9 of 6 s."), (frames.Count, exception.Message));
    }

    [Fact(Timeout = 120_000)]
    public async Task Read_Mp4WithoutIndex_SaysSo()
    {
        var content = await File.ReadAllBytesAsync(
            videos.Make("tail.mp4", "-i", videos.Slides(), "-c", "copy"), Token);

        var exception = await Assert.ThrowsAsync<VideoException>(
            () => ReadAsync(videos.Write("no-index.mp4", content[..(content.Length / 2)])));

        Assert.StartsWith("its index (moov atom) is missing", exception.Message);
    }

    [Fact(Timeout = 120_000)]
    public async Task Read_AudioOnly_HasNoVideoTrack()
    {
        var sound = videos.Make("sound.m4a", "-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac");

        var exception = await Assert.ThrowsAsync<VideoException>(() => ReadAsync(sound));

        Assert.Equal("it has no video track.", exception.Message);
    }

    [Fact(Timeout = 120_000)]
    public async Task Read_NoVideo_SaysSo()
    {
        Assert.NotEmpty(TestVideos.Ffmpeg);
        var exception = await Assert.ThrowsAsync<VideoException>(() => ReadAsync(videos.Write("a.txt", "no video")));

        Assert.Equal("it is damaged, or not a video that ffmpeg can read.", exception.Message);
    }

    [Fact(Timeout = 120_000)]
    public async Task Read_PlaylistOfFiles_IsRefusedUnlessAllowed()
    {
        videos.Make("part.ts", "-i", videos.Slides(), "-c:v", "mpeg2video", "-q:v", "2");
        var playlist = videos.Write(
            "list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\npart.ts\n#EXT-X-ENDLIST\n");

        var exception = await Assert.ThrowsAsync<VideoException>(() => ReadAsync(playlist));

        Assert.Contains("--allow-protocols", exception.Message);
        Assert.NotEmpty(await ReadAsync(playlist, new VideoOptions { AllowedProtocols = ["file"] }));
    }

    [Fact(Timeout = 120_000)]
    public async Task Read_PlaylistWithAnAddress_NeedsItsProtocol()
    {
        Assert.NotEmpty(TestVideos.Ffmpeg);
        var playlist = videos.Write(
            "remote.m3u8",
            "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nhttp://127.0.0.1:1/part.ts\n#EXT-X-ENDLIST\n");

        var exception = await Assert.ThrowsAsync<VideoException>(
            () => ReadAsync(playlist, new VideoOptions { AllowedProtocols = ["file"] }));

        Assert.StartsWith("it refers to a file or URL with the protocol http;", exception.Message);
    }

    [Fact(Timeout = 120_000)]
    public async Task Read_ConcatScript_IsRefused()
    {
        var script = videos.Write("list.txt", $"ffconcat version 1.0\nfile {Path.GetFileName(videos.Slides())}\n");

        var exception = await Assert.ThrowsAsync<VideoException>(() => ReadAsync(script));

        Assert.Contains("--allow-protocols", exception.Message);
    }

    // The matrix of the track's header, as a phone writes it that was held upright. Options of ffmpeg for it differ
    // from version to version.
    private static byte[] TurnClockwise(byte[] mp4, int height)
    {
        var matrix = mp4.AsSpan().IndexOf("tkhd"u8) + 4 + 40;
        int[] values = [0, 0x10000, 0, -0x10000, 0, 0, height << 16, 0, 0x40000000];
        foreach (var (index, value) in values.Index())
            BinaryPrimitives.WriteInt32BigEndian(mp4.AsSpan(matrix + (index * 4)), value);
        return mp4;
    }

    private static double Milliseconds(DecodedFrame frame) => frame.Timestamp.TotalMilliseconds;

    private static async Task<List<DecodedFrame>> ReadAsync(
        string source, VideoOptions? options = null, Stream? input = null, List<DecodedFrame>? frames = null)
    {
        var parsed = VideoSource.Parse(source);
        var probe = parsed.FilePath is not null && FfmpegLocator.FindProbe(TestVideos.Ffmpeg) is { } ffprobe
            ? await VideoProbe.RunAsync(ffprobe, parsed, options ?? new VideoOptions(), Token)
            : VideoProbe.Unknown;
        var decoder = new VideoDecoder(
            TestVideos.Ffmpeg, parsed, isLive: false, options ?? new VideoOptions(), input ?? Stream.Null,
            TimeProvider.System);
        frames ??= [];
        await foreach (var frame in decoder.ReadAsync(probe, Token))
            frames.Add(frame);
        return frames;
    }
}
