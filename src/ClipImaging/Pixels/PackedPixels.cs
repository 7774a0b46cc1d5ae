#if NET
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
#endif

namespace ClipGrpc.Imaging.Pixels;

/// <summary>Rows of packed pixels to rows of RGB and a fourth byte, which is alpha where there is any.</summary>
internal static class PackedPixels
{
    private const int PixelsAtOnce = 4;

    /// <param name="row">Width × <see cref="RawLayout.BytesPerPixel"/> bytes.</param>
    /// <param name="target">Width × 4 bytes.</param>
    public static void Expand(PixelFormat format, ReadOnlySpan<byte> row, Span<byte> target)
    {
        switch (format)
        {
            case PixelFormat.Rgb24:
                Shuffle(row, 3, [0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11], target);
                break;
            case PixelFormat.Bgr24:
                Shuffle(row, 3, [2, 1, 0, 0, 5, 4, 3, 3, 8, 7, 6, 6, 11, 10, 9, 9], target);
                break;
            case PixelFormat.Bgra32 or PixelFormat.Bgr0:
                Shuffle(row, 4, [2, 1, 0, 3, 6, 5, 4, 7, 10, 9, 8, 11, 14, 13, 12, 15], target);
                break;
            case PixelFormat.Gray8:
                Shuffle(row, 1, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3], target);
                break;
            default:
                row.CopyTo(target);
                break;
        }
    }

    /// <summary>Numbers of colors to these colors.</summary>
    /// <param name="row">Of 1, 2, 4 or 8 bits per pixel, the first pixel in the highest bits.</param>
    /// <param name="colors">As many as a pixel has values, or more.</param>
    public static void ExpandIndices(
        ReadOnlySpan<byte> row, int bits, ReadOnlySpan<uint> colors, Span<uint> target)
    {
        var mask = (1 << bits) - 1;
        for (var x = 0; x < target.Length; x++)
        {
            var bit = x * bits;
            target[x] = colors[row[bit / 8] >> (8 - bits - (bit % 8)) & mask];
        }
    }

    /// <param name="order">For each byte of four pixels of the target, where it is in four pixels of the row.</param>
    private static void Shuffle(ReadOnlySpan<byte> row, int channels, ReadOnlySpan<byte> order, Span<byte> target)
    {
        var (from, to) = (0, 0);
#if NET
        var shuffle = Vector128.Create(order);
        for (; from + Vector128<byte>.Count <= row.Length; from += PixelsAtOnce * channels, to += PixelsAtOnce * 4)
        {
            var pixels = MemoryMarshal.Read<Vector128<byte>>(row[from..]);
            Vector128.Shuffle(pixels, shuffle).CopyTo(target[to..]);
        }
#endif

        for (; from < row.Length; from += channels, to += 4)
        {
            for (var i = 0; i < 4; i++)
                target[to + i] = row[from + order[i]];
        }
    }
}
