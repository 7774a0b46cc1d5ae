using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace ClipGrpc.Tests.Images;

/// <summary>Orientation as it is found in files.</summary>
internal static class MetadataFiles
{
    public const int Short = 3;
    private const int OrientationTag = 0x112;

    /// <summary>A TIFF of one directory with one entry: the orientation.</summary>
    public static byte[] Tiff(long orientation, bool bigEndian, int type = Short, int tag = OrientationTag)
    {
        var value = type switch
        {
            1 or 6 or 7 => new[] { (byte)orientation, (byte)0, (byte)0, (byte)0 },
            2 => [(byte)('0' + orientation), 0, 0, 0],
            3 or 8 => [.. Number(orientation, 2), 0, 0],
            4 or 9 or 13 => Number(orientation, 4),
            11 => Number(BitConverter.SingleToInt32Bits(orientation), 4),
            _ => Number(26, 4),
        };
        var behind = type switch
        {
            12 => Number(BitConverter.DoubleToInt64Bits(orientation), 8),
            16 => Number(orientation, 8),
            5 or 10 => [.. Number(orientation * 2, 4), .. Number(2, 4)],
            _ => [],
        };
        return
        [
            .. bigEndian ? "MM"u8 : "II"u8, .. Number(42, 2), .. Number(8, 4), .. Number(1, 2),
            .. Number(tag, 2), .. Number(type, 2), .. Number(1, 4), .. value,
            .. Number(0, 4), .. behind,
        ];

        byte[] Number(long number, int bytes)
        {
            var little = Enumerable.Range(0, bytes).Select(i => (byte)(number >> (8 * i)));
            return [.. bigEndian ? little.Reverse() : little];
        }
    }

    public static byte[] Xmp(int orientation, bool isElement) => Encoding.UTF8.GetBytes(
        isElement
            ? $"<rdf:Description><tiff:Orientation>{orientation}</tiff:Orientation></rdf:Description>"
            : $"<rdf:Description tiff:Orientation=\"{orientation}\"/>");

    /// <summary>As ImageMagick writes EXIF into PNG: lines of digits behind a name and a length.</summary>
    public static byte[] RawProfile(byte[] exif)
    {
        var digits = Convert.ToHexStringLower(exif).Chunk(72).Select(line => new string(line));
        return Encoding.ASCII.GetBytes($"\nexif\n{exif.Length,8}\n{string.Join('\n', digits)}\n");
    }

    public static byte[] JpegWithExif(byte[] jpeg, int orientation, bool bigEndian) =>
        JpegWith(jpeg, 0xE1, [.. "Exif\0\0"u8, .. Tiff(orientation, bigEndian)]);

    /// <summary>Puts a segment behind the start of a JPEG.</summary>
    public static byte[] JpegWith(byte[] jpeg, byte marker, byte[] body) =>
        [0xFF, 0xD8, .. Segment(marker, body), .. jpeg.AsSpan(2)];

    public static byte[] Segment(byte marker, byte[] body) =>
        [0xFF, marker, (byte)((body.Length + 2) >> 8), (byte)(body.Length + 2), .. body];

    /// <summary>A lossy WebP with a chunk of metadata behind its pixels.</summary>
    public static byte[] WebPWith(byte[] webp, int width, int height, string name, byte[] body)
    {
        var flag = name == "EXIF" ? 8 : 4;
        byte[] padding = body.Length % 2 == 0 ? [] : [0];
        byte[] chunks =
        [
            .. "VP8X"u8, .. Little(10), (byte)flag, 0, 0, 0, .. Little(width - 1)[..3], .. Little(height - 1)[..3],
            .. webp.AsSpan(12), .. Encoding.ASCII.GetBytes(name), .. Little(body.Length), .. body, .. padding,
        ];
        return [.. "RIFF"u8, .. Little(chunks.Length + 4), .. "WEBP"u8, .. chunks];
    }

    public static byte[] Compress(byte[] data)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Fastest))
            zlib.Write(data);
        return compressed.ToArray();
    }

    private static byte[] Little(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}
