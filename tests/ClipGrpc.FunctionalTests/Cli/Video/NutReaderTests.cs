using ClipGrpc.Cli.Video.Ffmpeg;

namespace ClipGrpc.FunctionalTests.Cli.Video;

public sealed class NutReaderTests
{
    // ffmpeg -f lavfi -i testsrc=s=4x2:r=10:d=0.4 -vf "setpts='(N*N)*0.1/TB',format=rgb24" -fps_mode passthrough
    // -map_metadata -1 -fflags +bitexact -c:v rawvideo -enc_time_base 1:1000000 -f nut, of ffmpeg 5.1.
    private static readonly byte[] Stream = Convert.FromBase64String(
        "bnV0L211bHRpbWVkaWEgY29udGFpbmVyAE5NelYfXwStTAMBgf9/AQG9hEDAAAYAAAAAAAGgAAIBASgBACkAIQGD5UAgAoPlQIF5"
        + "wAAGAAAAAAABBgMAAAEEAAABtgL/+gL/+wL//AL//d3/wPxOUxFAW/L52xgAAARSR0IYAA69hEAAAAAEAgEBAIuVn5pOSatotZa6"
        + "eAkAAAAAAAAAAABOSatotZa6eDMBAAAAAgdlbmNvZGVyAg1MYXZjIHJhd3ZpZGVvDHJfZnJhbWVfcmF0ZQIEMTAvMRSVWP9OS+St"
        + "7spFaQYAAAAAAAADABgAAAD/AAAA/wD//wD/AAB//wAA//+AAP8Dh40gGAAAAP8AAAD/AP//AP8ZAGb/AADm/5kA/wOZtQAYAAAA"
        + "/wAAAP8A//8A/zMATP8AAMz/swD/A7f3IBgAAAD/AAAA/wD//wD/TAAz/wAAs//MAP9OWN1nLyPmThK29yABDQMAAAAAAAAAG56Q"
        + "CB4=");

    [Fact(Timeout = 30_000)]
    public async Task Read_FramesOfAVariableRate_HaveTheirTimesAndPixels()
    {
        var token = TestContext.Current.CancellationToken;
        var reader = new NutReader(new MemoryStream(Stream));

        var frames = await ReadAllAsync(reader, token);

        Assert.Equal([0, 100, 400, 900], frames.Select(frame => frame.Timestamp.TotalMilliseconds));
        Assert.Equal((4, 2), (reader.Width, reader.Height));
        Assert.All(frames, frame => Assert.Equal(4 * 2 * 3, frame.Data.Length));
        // Black, then red; the fifth pixel differs from frame to frame.
        Assert.All(frames, frame => Assert.Equal([0, 0, 0, 255, 0, 0], frame.Data.Take(6)));
        Assert.Equal(
            ["FF0000", "FF1900", "FF3300", "FF4C00"],
            frames.Select(frame => Convert.ToHexString(frame.Data.AsSpan(12, 3))));
    }

    [Fact(Timeout = 30_000)]
    public async Task Read_InSmallPieces_IsTheSame()
    {
        var token = TestContext.Current.CancellationToken;
        var whole = await ReadAllAsync(new NutReader(new MemoryStream(Stream)), token);

        var pieces = await ReadAllAsync(new NutReader(new TricklingStream(Stream)), token);

        Assert.Equal(whole.Select(frame => frame.Data), pieces.Select(frame => frame.Data));
        Assert.Equal(whole.Select(frame => frame.Timestamp), pieces.Select(frame => frame.Timestamp));
    }

    [Fact(Timeout = 60_000)]
    public async Task Read_StreamThatIsCutOff_GivesTheWholeFramesAndNoOthers()
    {
        var token = TestContext.Current.CancellationToken;
        var whole = await ReadAllAsync(new NutReader(new MemoryStream(Stream)), token);
        var counts = new HashSet<int>();
        for (var length = 0; length < Stream.Length; length++)
        {
            var frames = await ReadUntilBrokenAsync(new NutReader(new MemoryStream(Stream, 0, length)), token);
            Assert.Equal(whole.Take(frames.Count).Select(frame => frame.Data), frames.Select(frame => frame.Data));
            counts.Add(frames.Count);
        }

        Assert.Equal([0, 1, 2, 3, 4], counts.Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task Read_DamagedStream_NeverFailsInAnotherWay()
    {
        var token = TestContext.Current.CancellationToken;
        for (var i = 0; i < Stream.Length; i++)
        {
            foreach (var value in (byte[])[0, 1, 0x7F, 0x80, 0xFF])
            {
                var damaged = Stream.ToArray();
                damaged[i] = value;
                Assert.True((await ReadUntilBrokenAsync(new NutReader(new MemoryStream(damaged)), token)).Count <= 400);
            }
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Read_AnotherFormat_IsInvalidData() => await Assert.ThrowsAsync<InvalidDataException>(
        async () => await new NutReader(new MemoryStream(new byte[100]))
            .ReadAsync(TestContext.Current.CancellationToken));

    private static async Task<List<NutFrame>> ReadAllAsync(NutReader reader, CancellationToken token)
    {
        var frames = new List<NutFrame>();
        while (await reader.ReadAsync(token) is { } frame)
            frames.Add(frame);
        return frames;
    }

    private static async Task<List<NutFrame>> ReadUntilBrokenAsync(NutReader reader, CancellationToken token)
    {
        var frames = new List<NutFrame>();
        try
        {
            while (await reader.ReadAsync(token) is { } frame)
                frames.Add(frame);
        }
        catch (Exception exception) when (exception is EndOfStreamException or InvalidDataException)
        {
            Assert.NotEmpty(exception.Message);
        }

        return frames;
    }

    private sealed class TricklingStream(byte[] content) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(3, buffer.Length)], cancellationToken);
    }
}
