using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace ClipGrpc.Tests.Images;

/// <summary>PNG files of any header, also of headers that lie.</summary>
internal static class PngWriter
{
    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <param name="rows">Samples in file order, without filter bytes; may be less than the header promises.</param>
    /// <param name="chunks">Chunks between header and pixels.</param>
    public static byte[] Write(
        int width, int height, int depth, int colourType, byte[] rows, int rowBytes,
        params (string Type, byte[] Data)[] chunks) =>
        Write(width, height, depth, colourType, [("IDAT", Compress(rows, rowBytes, _ => 0))], chunks);

    /// <param name="pixels">The chunks with the compressed rows, as <see cref="Compress"/> makes them.</param>
    public static byte[] Write(
        int width, int height, int depth, int colourType, (string Type, byte[] Data)[] pixels,
        params (string Type, byte[] Data)[] chunks)
    {
        using var file = new MemoryStream();
        file.Write(Signature);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = ((byte)depth, (byte)colourType);
        WriteChunk(file, "IHDR", header);
        foreach (var (type, data) in chunks)
            WriteChunk(file, type, data);
        foreach (var (type, data) in pixels)
            WriteChunk(file, type, data);
        WriteChunk(file, "IEND", []);
        return file.ToArray();
    }

    /// <param name="filterOf">The filter byte of a row; its bytes are written as they are.</param>
    public static byte[] Compress(byte[] rows, int rowBytes, Func<int, byte> filterOf)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Fastest))
        {
            for (var i = 0; i + rowBytes <= rows.Length; i += rowBytes)
            {
                zlib.WriteByte(filterOf(i / rowBytes));
                zlib.Write(rows, i, rowBytes);
            }
        }

        return compressed.ToArray();
    }

    private static void WriteChunk(Stream file, string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
        file.Write(number);
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }

        return ~crc;
    }
}
