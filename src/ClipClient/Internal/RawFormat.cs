using ClipGrpc.Imaging.Pixels;
using ClipGrpc.V1;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// Refuses raw pixels that every server refuses, so that they are not sent. Uses the server's own
/// <see cref="RawLayout"/>, with the largest limits that a server can be configured with.
/// </summary>
internal static class RawFormat
{
    /// <exception cref="ArgumentException">No pixels, too many of them, or data that does not fit them.</exception>
    public static void Check(ReadOnlyMemory<byte> pixels, int width, int height, V1.PixelFormat format, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        ArgumentOutOfRangeException.ThrowIfNegative(height);
        ArgumentOutOfRangeException.ThrowIfNegative(stride);
        var raw = new RawPixels(
            (uint)width, (uint)height, (uint)stride, Read(format), Imaging.Pixels.ColorMatrix.Bt601, pixels);
        try
        {
            RawLayout.Create(raw, new ImageLimits());
        }
        catch (ClipException exception)
        {
            throw new ArgumentException(exception.Message, nameof(pixels), exception);
        }
    }

    /// <exception cref="ArgumentException">Not a number of quarter turns, 0 to 270 degrees.</exception>
    public static void CheckRotation(int rotationDegrees)
    {
        if (Orientation.OfRotation((uint)rotationDegrees) is null)
        {
            throw new ArgumentException(
                $"{rotationDegrees} degrees is not a rotation; pass 0, 90, 180 or 270.", nameof(rotationDegrees));
        }
    }

    public static RawPixels Read(RawImage raw) => new(
        raw.Width,
        raw.Height,
        raw.Stride,
        Read(raw.Format),
        raw.ColorMatrix switch
        {
            V1.ColorMatrix.Bt709 => Imaging.Pixels.ColorMatrix.Bt709,
            V1.ColorMatrix.Bt2020 => Imaging.Pixels.ColorMatrix.Bt2020,
            _ => Imaging.Pixels.ColorMatrix.Bt601,
        },
        raw.Data.Memory,
        raw.ColorRange == V1.ColorRange.Full ? Imaging.Pixels.ColorRange.Full : Imaging.Pixels.ColorRange.Limited,
        Orientation.OfRotation(raw.RotationDegrees) ?? ExifOrientation.TopLeft);

    /// <exception cref="ArgumentException">The value is unknown.</exception>
    public static Imaging.Pixels.AlphaMode Read(AlphaMode alpha) => alpha switch
    {
        AlphaMode.Drop => Imaging.Pixels.AlphaMode.Drop,
        AlphaMode.White => Imaging.Pixels.AlphaMode.White,
        _ => throw new ArgumentException($"{alpha} is not an alpha mode.", nameof(alpha)),
    };

    private static Imaging.Pixels.PixelFormat Read(V1.PixelFormat format) => format switch
    {
        V1.PixelFormat.Rgb24 => Imaging.Pixels.PixelFormat.Rgb24,
        V1.PixelFormat.Bgr24 => Imaging.Pixels.PixelFormat.Bgr24,
        V1.PixelFormat.Rgba32 => Imaging.Pixels.PixelFormat.Rgba32,
        V1.PixelFormat.Bgra32 => Imaging.Pixels.PixelFormat.Bgra32,
        V1.PixelFormat.Gray8 => Imaging.Pixels.PixelFormat.Gray8,
        V1.PixelFormat.Nv12 => Imaging.Pixels.PixelFormat.Nv12,
        V1.PixelFormat.I420 => Imaging.Pixels.PixelFormat.I420,
        V1.PixelFormat.P010 => Imaging.Pixels.PixelFormat.P010,
        V1.PixelFormat.Yuy2 => Imaging.Pixels.PixelFormat.Yuy2,
        V1.PixelFormat.Uyvy => Imaging.Pixels.PixelFormat.Uyvy,
        V1.PixelFormat.Bgr0 => Imaging.Pixels.PixelFormat.Bgr0,
        _ => throw new ArgumentException($"{format} is not a layout of pixels.", nameof(format)),
    };
}
