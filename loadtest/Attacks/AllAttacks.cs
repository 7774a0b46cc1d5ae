using System.IO.Compression;
using ClipGrpc.V1;
using Google.Protobuf;

namespace ClipGrpc.LoadTest.Attacks;

/// <summary>The attacks that a server must survive; see docs/guide/operations.md.</summary>
internal static class AllAttacks
{
    private const int LargeMessage = 31 << 20;
    private const int FrameWidth = 3_400;
    private const int FrameHeight = 3_180; // × 3 bytes: 31 MiB

    /// <summary>
    /// Up to the largest that the limits on pixels allow. In a small container some are rejected by their header, and
    /// the others are decoded.
    /// </summary>
    private static readonly int[] BombSides = [1_400, 2_800, 4_200, 7_900];

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    /// <summary>3,000 callers that come again at once would be a flood of calls, not of bytes.</summary>
    private static readonly TimeSpan Refused = TimeSpan.FromSeconds(1);

    private static readonly byte[] Zeros = new byte[64 * 1024];

    public static IReadOnlyList<string> Names { get; } = [.. Create().Select(attack => attack.Name)];

    /// <exception cref="LoadTestException">There is no such attack.</exception>
    public static IReadOnlyList<Attack> Read(string names) =>
        names == "all"
            ? Create()
            : [.. names.Split(',').Select(name => Create().FirstOrDefault(attack => attack.Name == name)
                ?? throw new LoadTestException(
                    $"\"{name}\" is not an attack; known are {string.Join(", ", Names)}."))];

    private static IReadOnlyList<Attack> Create() =>
    [
        new("unfinished", 30, 100, Refused, (connection, token) => connection.CallAsync(
            "EmbedStream", WriteUnfinishedAsync, gzip: false, token)),
        new("raw", 20, 1, Short, (connection, token) => connection.CallAsync(
            "EmbedStream", (stream, cancelled) => WriteAsync(stream, Frame.Value, 4, compressed: false, cancelled),
            gzip: false, token)),
        new("gzip", 20, 4, Short, (connection, token) => connection.CallAsync(
            "EmbedStream", (stream, cancelled) => WriteAsync(stream, Compressed.Value, 4, compressed: true, cancelled),
            gzip: true, token)),
        new("items", 8, 1, Short, (connection, token) => connection.CallAsync(
            "Embed", (stream, cancelled) => WriteAsync(stream, Items.Value, 1, compressed: false, cancelled),
            gzip: false, token)),
        new("png", 16, 1, Short, (connection, token) => connection.CallAsync(
            "Embed", (stream, cancelled) => WriteAsync(stream, Png.Next(), 1, compressed: false, cancelled),
            gzip: false, token)),
        new("interlaced", 16, 1, Short, (connection, token) => connection.CallAsync(
            "Embed", (stream, cancelled) => WriteAsync(stream, Interlaced.Next(), 1, compressed: false, cancelled),
            gzip: false, token)),
        new("progressive", 16, 1, Short, (connection, token) => connection.CallAsync(
            "Embed", (stream, cancelled) => WriteAsync(stream, Progressive.Next(), 1, compressed: false, cancelled),
            gzip: false, token)),
    ];

    private static readonly Lazy<byte[]> Frame = new(() => new EmbedStreamRequest
    {
        Input = new Input
        {
            Image = new Image
            {
                Raw = new RawImage
                {
                    Width = FrameWidth,
                    Height = FrameHeight,
                    Format = PixelFormat.Bgr24,
                    Data = ByteString.CopyFrom(new byte[FrameWidth * FrameHeight * 3]),
                },
            },
        },
    }.ToByteArray());

    private static readonly Lazy<byte[]> Compressed = new(() =>
    {
        var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Frame.Value);
        return target.ToArray();
    });

    /// <summary>16,384 inputs of two bytes each.</summary>
    private static readonly Lazy<byte[]> Items = new(
        () => [.. Enumerable.Repeat<byte[]>([0x12, 0x00], 16_384).SelectMany(item => item)]);

    private static readonly Bombs Png = new(side => ImageBombs.Png(side, side, interlaced: false));

    private static readonly Bombs Interlaced = new(side => ImageBombs.Png(side, side, interlaced: true));

    private static readonly Bombs Progressive = new(ImageBombs.ProgressiveJpeg);

    private static byte[] Embed(byte[] image) => new EmbedRequest
    {
        Inputs = { new Input { Image = new Image { Encoded = ByteString.CopyFrom(image) } } },
    }.ToByteArray();

    private static async Task WriteAsync(
        Stream stream, byte[] message, int times, bool compressed, CancellationToken cancellationToken)
    {
        for (var i = 0; i < times; i++)
        {
            await stream.WriteAsync(RawConnection.Prefix(message.Length, compressed), cancellationToken);
            await stream.WriteAsync(message, cancellationToken);
        }

        await stream.FlushAsync(cancellationToken);
    }

    /// <summary>All but the last byte, and then nothing.</summary>
    private static async Task WriteUnfinishedAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(RawConnection.Prefix(LargeMessage), cancellationToken);
        for (var left = LargeMessage - 1; left > 0; left -= Zeros.Length)
            await stream.WriteAsync(Zeros.AsMemory(0, Math.Min(left, Zeros.Length)), cancellationToken);
        await stream.FlushAsync(cancellationToken);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }

    /// <summary>Requests with one image of each size in turn.</summary>
    private sealed class Bombs(Func<int, byte[]> create)
    {
        private readonly Lazy<byte[][]> _requests = new(() => [.. BombSides.Select(side => Embed(create(side)))]);
        private uint _count;

        public byte[] Next()
        {
            var requests = _requests.Value;
            return requests[Interlocked.Increment(ref _count) % requests.Length];
        }
    }
}
