using ClipGrpc.V1;

namespace ClipGrpc.Client.Internal;

/// <summary>How many bytes raw pixels need.</summary>
internal static class PixelLayout
{
    public static void Check(int length, int width, int height, PixelFormat format, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(stride);

        var rowBytes = (long)width * BytesPerPixel(format);
        if (stride != 0 && stride < rowBytes)
            throw new ArgumentException($"A stride of {stride} is less than a row's {rowBytes} bytes.", nameof(stride));

        var needed = RequiredBytes(width, height, format, stride == 0 ? rowBytes : stride);
        if (length < needed)
        {
            throw new ArgumentException(
                $"{width} x {height} pixels of {format} need {needed} bytes; there are {length}.", nameof(length));
        }
    }

    // The last row of a packed image may end where its pixels end. Wide numbers, for the largest sides overflow long.
    private static Int128 RequiredBytes(int width, int height, PixelFormat format, Int128 stride)
    {
        var chromaRows = ((Int128)height + 1) / 2;
        return format switch
        {
            PixelFormat.Nv12 => stride * (height + chromaRows - 1) + width,
            PixelFormat.I420 => stride * height + (stride + 1) / 2 * (2 * chromaRows - 1) + ((Int128)width + 1) / 2,
            _ => stride * (height - 1) + (long)width * BytesPerPixel(format),
        };
    }

    private static int BytesPerPixel(PixelFormat format) => format switch
    {
        PixelFormat.Rgb24 or PixelFormat.Bgr24 => 3,
        PixelFormat.Rgba32 or PixelFormat.Bgra32 => 4,
        PixelFormat.Gray8 or PixelFormat.Nv12 or PixelFormat.I420 => 1,
        _ => throw new ArgumentException($"{format} is no layout of pixels.", nameof(format)),
    };
}
