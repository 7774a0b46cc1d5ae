using System.Buffers.Binary;

namespace ClipGrpc.Imaging.Files;

/// <summary>What a JPEG's frame header says of its scans.</summary>
/// <param name="Components">1 gray, 3 color, 4 CMYK.</param>
/// <param name="Units">The coded units of a scan that has all components.</param>
/// <param name="BlocksPerUnit">Of all components.</param>
/// <param name="Pixels">Width × height.</param>
internal readonly record struct JpegFrame(
    int Components, bool IsProgressive, long Units, int BlocksPerUnit, long Pixels)
{
    private const int CoefficientBlockBytes = 8 * 8 * sizeof(short);
    private const int HeaderLength = 6;
    private const int ComponentLength = 3;
    private const int BlockSize = 8;

    /// <summary>What a decoder takes that keeps all coefficients, because it needs several scans for the first row.
    /// </summary>
    public long CoefficientBytes => Units * BlocksPerUnit * CoefficientBlockBytes;

    /// <summary>Coded samples of all components.</summary>
    public long Samples => Units * BlocksPerUnit * BlockSize * BlockSize;

    /// <returns>False for a frame that is not one of 8-bit samples with 1, 3 or 4 components.</returns>
    public static bool TryRead(ReadOnlySpan<byte> segment, byte marker, out JpegFrame frame)
    {
        frame = default;
        if (segment.Length < HeaderLength || (segment.Length - HeaderLength) % ComponentLength != 0
            || segment[0] != 8 || segment[5] is not (1 or 3 or 4))
        {
            return false;
        }

        var (horizontal, vertical) = (1, 1);
        var blocks = 0;
        for (var i = HeaderLength; segment[5] > 1 && i < segment.Length; i += ComponentLength)
        {
            horizontal = Math.Max(horizontal, segment[i + 1] >> 4);
            vertical = Math.Max(vertical, segment[i + 1] & 0xF);
            blocks += (segment[i + 1] >> 4) * (segment[i + 1] & 0xF);
        }

        // A component alone is not interleaved: its unit is one block, whatever its sampling.
        var height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        var width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        var units = UnitsOf(height, vertical) * UnitsOf(width, horizontal);
        var isProgressive = marker is 0xC2 or 0xC6 or 0xCA or 0xCE;
        frame = new JpegFrame(segment[5], isProgressive, units, Math.Max(blocks, 1), (long)width * height);
        return true;
    }

    private static long UnitsOf(int pixels, int sampling) =>
        (pixels + (BlockSize * sampling) - 1) / (BlockSize * sampling);
}
