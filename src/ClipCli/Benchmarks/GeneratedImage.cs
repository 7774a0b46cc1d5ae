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

    // Each row begins with its filter: none.
    private static byte[] Rows(int seed)
    {
        var random = new Random(seed);
        var rows = new byte[Height * (1 + Width * Channels)];
        var phase = random.NextDouble() * Math.Tau;
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                var at = y * (1 + Width * Channels) + 1 + x * Channels;
                for (var channel = 0; channel < Channels; channel++)
                {
                    var wave = Math.Sin(phase + channel + (x + seed) / 60.0) * Math.Cos(phase + y / (40.0 + channel));
                    rows[at + channel] = (byte)(128 + 110 * wave + random.Next(4));
                }
            }
        }

        return rows;
    }

    private static byte[] Compress(byte[] rows)
    {
        using var compressed = new MemoryStream();
        using (var stream = new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
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
