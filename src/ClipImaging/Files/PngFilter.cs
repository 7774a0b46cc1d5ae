using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ClipGrpc.Imaging.Files;

/// <summary>The filters of PNG rows: each byte is stored as the difference to a prediction.</summary>
internal static class PngFilter
{
    private const byte None = 0;
    private const byte Sub = 1;
    private const byte Up = 2;
    private const byte Average = 3;
    private const byte Paeth = 4;

    /// <summary>Replaces the differences of a row by its bytes.</summary>
    /// <param name="above">The row above, as long; zeros above the first row.</param>
    /// <param name="pixelBytes">Bytes per pixel, at least 1.</param>
    /// <returns>False: there is no such filter.</returns>
    public static bool TryUndo(byte filter, Span<byte> row, ReadOnlySpan<byte> above, int pixelBytes)
    {
        switch (filter)
        {
            case None:
                return true;
            case Sub:
                for (var i = pixelBytes; i < row.Length; i++)
                    row[i] += row[i - pixelBytes];
                return true;
            case Up:
                AddAbove(row, above);
                return true;
            case Average:
                AddAverage(row, above, pixelBytes);
                return true;
            case Paeth when pixelBytes is 3 or 4:
                AddPaethOfPixels(row, above, pixelBytes);
                return true;
            case Paeth:
                AddPaeth(row, above, pixelBytes);
                return true;
            default:
                return false;
        }
    }

    private static void AddAbove(Span<byte> row, ReadOnlySpan<byte> above)
    {
        var i = 0;
        for (; i + Vector<byte>.Count <= row.Length; i += Vector<byte>.Count)
            (new Vector<byte>(row[i..]) + new Vector<byte>(above[i..])).CopyTo(row[i..]);
        for (; i < row.Length; i++)
            row[i] += above[i];
    }

    private static void AddAverage(Span<byte> row, ReadOnlySpan<byte> above, int pixelBytes)
    {
        for (var i = 0; i < Math.Min(pixelBytes, row.Length); i++)
            row[i] += (byte)(above[i] / 2);
        for (var i = pixelBytes; i < row.Length; i++)
            row[i] += (byte)((row[i - pixelBytes] + above[i]) / 2);
    }

    private static void AddPaeth(Span<byte> row, ReadOnlySpan<byte> above, int pixelBytes)
    {
        for (var i = 0; i < Math.Min(pixelBytes, row.Length); i++)
            row[i] += above[i];
        for (var i = pixelBytes; i < row.Length; i++)
        {
            int left = row[i - pixelBytes], up = above[i], corner = above[i - pixelBytes];
            var (toLeft, toUp) = (Math.Abs(up - corner), Math.Abs(left - corner));
            var toCorner = Math.Abs(left + up - 2 * corner);
            row[i] += (byte)(toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner);
        }
    }

    /// <summary>All channels of a pixel at once: a third of the time, for the most common kinds of PNG.</summary>
    private static void AddPaethOfPixels(Span<byte> row, ReadOnlySpan<byte> above, int pixelBytes)
    {
        var left = Vector128<short>.Zero;
        var corner = Vector128<short>.Zero;
        for (var i = 0; i + pixelBytes <= row.Length; i += pixelBytes)
        {
            var up = Load(above[i..], pixelBytes);
            var (fromUp, fromLeft) = (up - corner, left - corner);
            var (toLeft, toUp) = (Vector128.Abs(fromUp), Vector128.Abs(fromLeft));
            var toCorner = Vector128.Abs(fromUp + fromLeft);
            var least = Vector128.Min(Vector128.Min(toLeft, toUp), toCorner);
            var prediction = Vector128.ConditionalSelect(
                Vector128.Equals(least, toLeft), left,
                Vector128.ConditionalSelect(Vector128.Equals(least, toUp), up, corner));
            left = (Load(row[i..], pixelBytes) + prediction) & Vector128.Create((short)byte.MaxValue);
            Store(left, row[i..], pixelBytes);
            corner = up;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Load(ReadOnlySpan<byte> pixel, int pixelBytes)
    {
        var value = pixelBytes == 4
            ? MemoryMarshal.Read<uint>(pixel)
            : MemoryMarshal.Read<ushort>(pixel) | (uint)pixel[2] << 16;
        return Vector128.WidenLower(Vector128.CreateScalar(value).AsByte()).AsInt16();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<short> channels, Span<byte> pixel, int pixelBytes)
    {
        var value = Vector128.Narrow(channels.AsUInt16(), channels.AsUInt16()).AsUInt32().ToScalar();
        if (pixelBytes == 4)
        {
            MemoryMarshal.Write(pixel, value);
            return;
        }

        MemoryMarshal.Write(pixel, (ushort)value);
        pixel[2] = (byte)(value >> 16);
    }
}
