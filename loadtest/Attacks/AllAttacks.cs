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
    private const int BombSide = 7_900;

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
            "Embed", (stream, cancelled) => WriteAsync(stream, Png.Value, 1, compressed: false, cancelled),
            gzip: false, token)),
        new("interlaced", 16, 1, Short, (connection, token) => connection.CallAsync(
            "Embed", (stream, cancelled) => WriteAsync(stream, Interlaced.Value, 1, compressed: false, cancelled),
            gzip: false, token)),
        new("progressive", 16, 1, Short, (connection, token) => connection.CallAsync(
            "Embed", (stream, cancelled) => WriteAsync(stream, Progressive.Value, 1, compressed: false, cancelled),
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

    private static readonly Lazy<byte[]> Png = new(
        () => Embed(ImageBombs.Png(BombSide, BombSide, interlaced: false)));

    private static readonly Lazy<byte[]> Interlaced = new(
        () => Embed(ImageBombs.Png(BombSide, BombSide, interlaced: true)));

    private static readonly Lazy<byte[]> Progressive = new(() => Embed(ImageBombs.ProgressiveJpeg(BombSide)));

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
}
