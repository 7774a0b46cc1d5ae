using System.Buffers.Binary;
using System.IO.Compression;
using ClipGrpc.Imaging.Files;

namespace ClipGrpc.Cli.Benchmarks;

/// <summary>A PNG file of smooth colors with a little noise, as photos are: neither flat nor random.</summary>
internal static class GeneratedImage
{
    public const int Width = 640;
    public const int Height = 480;

    private const int Channels = 3;
    private const byte Rgb = 2;
    private const byte Sub = 1;

    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static byte[] Create(int seed)
    {
        using var file = new MemoryStream();
        file.Write(Signature);
        Span<byte> header = stackalloc byte[13];
        header.Clear();
        BinaryPrimitives.WriteInt32BigEndian(header, Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], Height);
        header[8] = 8;
        header[9] = Rgb;
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "IDAT"u8, Compress(Rows(seed)));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    // Each row begins with its filter: the difference from the pixel on the left, which is small.
    private static byte[] Rows(int seed)
    {
        const int rowLength = 1 + Width * Channels;
        var random = new Random(seed);
        var phase = random.NextDouble() * Math.Tau;
        var across = Waves(Width, (x, channel) => Math.Sin(phase + channel + (x + seed) / 60.0));
        var down = Waves(Height, (y, channel) => Math.Cos(phase + y / (40.0 + channel)));
        var rows = new byte[Height * rowLength];
        var left = new byte[Channels];
        for (var y = 0; y < Height; y++)
        {
            var row = rows.AsSpan(y * rowLength, rowLength);
            row[0] = Sub;
            left.AsSpan().Clear();
            for (var x = 0; x < Width * Channels; x++)
            {
                var channel = x % Channels;
                var value = (byte)(128 + 110 * across[x] * down[y * Channels + channel] + random.Next(2));
                row[1 + x] = (byte)(value - left[channel]);
                left[channel] = value;
            }
        }

        return rows;
    }

    /// <summary>[length, channels].</summary>
    private static double[] Waves(int length, Func<int, int, double> wave) =>
        [.. Enumerable.Range(0, length * Channels).Select(i => wave(i / Channels, i % Channels))];

    private static byte[] Compress(byte[] rows)
    {
        using var compressed = new MemoryStream();
        using (var stream = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            stream.Write(rows);
        return compressed.ToArray();
    }

    private static void WriteChunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Compute(type, data));
        file.Write(number);
    }
}
