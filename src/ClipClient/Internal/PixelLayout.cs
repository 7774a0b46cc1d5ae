using ClipGrpc.V1;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// Refuses raw pixels that every server refuses, so that they are not sent at all. A server may take smaller images
/// than the largest that are let through here.
/// </summary>
internal static class PixelLayout
{
    private const int MaxDimension = 65_535;
    private const long MaxPixels = 256L << 20;

    /// <exception cref="ArgumentException">No pixels, too many of them, or data that does not fit them.</exception>
    public static void Check(int length, int width, int height, PixelFormat format, int stride)
    {
        CheckSide(width, nameof(width));
        CheckSide(height, nameof(height));
        ArgumentOutOfRangeException.ThrowIfNegative(stride);
        if ((long)width * height > MaxPixels)
            throw new ArgumentException($"{width} x {height} are more than {MaxPixels:N0} pixels.", nameof(width));

        var rowBytes = (long)width * BytesPerPixel(format);
        if (stride != 0 && stride < rowBytes)
            throw new ArgumentException($"A stride of {stride} is less than a row's {rowBytes} bytes.", nameof(stride));

        var (shortest, whole) = LengthsOf(width, height, format, rowBytes, stride == 0 ? rowBytes : stride);
        if (length < shortest || length > whole)
        {
            throw new ArgumentException(
                $"{width} x {height} pixels of {format} are {whole:N0} bytes, or {shortest:N0} without the gap behind "
                + $"the last row; there are {length:N0}.",
                nameof(length));
        }
    }

    private static void CheckSide(int side, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(side, MaxDimension, name);
    }

    // The last row of the last plane may come without the gap behind it.
    private static (long Shortest, long Whole) LengthsOf(
        int width, int height, PixelFormat format, long rowBytes, long stride)
    {
        var chromaRows = (height + 1L) / 2;
        var chromaSamples = (width + 1L) / 2;
        var luma = stride * height;
        return format switch
        {
            PixelFormat.Nv12 => WithChroma(luma, (stride + 1) / 2 * 2, chromaRows, chromaSamples * 2, planes: 1),
            PixelFormat.I420 => WithChroma(luma, (stride + 1) / 2, chromaRows, chromaSamples, planes: 2),
            _ => (luma - stride + rowBytes, luma),
        };
    }

    private static (long Shortest, long Whole) WithChroma(
        long luma, long chromaStride, long chromaRows, long chromaRowBytes, int planes)
    {
        var whole = luma + planes * chromaStride * chromaRows;
        return (whole - chromaStride + chromaRowBytes, whole);
    }

    private static int BytesPerPixel(PixelFormat format) => format switch
    {
        PixelFormat.Rgb24 or PixelFormat.Bgr24 => 3,
        PixelFormat.Rgba32 or PixelFormat.Bgra32 => 4,
        PixelFormat.Gray8 or PixelFormat.Nv12 or PixelFormat.I420 => 1,
        _ => throw new ArgumentException($"{format} is not a layout of pixels.", nameof(format)),
    };
}
