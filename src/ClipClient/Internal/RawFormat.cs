using ClipGrpc.Imaging.Pixels;
using ClipGrpc.V1;
using AlphaMode = ClipGrpc.Imaging.Pixels.AlphaMode;
using ColorMatrix = ClipGrpc.Imaging.Pixels.ColorMatrix;
using ColorRange = ClipGrpc.Imaging.Pixels.ColorRange;
using PixelFormat = ClipGrpc.V1.PixelFormat;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// Refuses raw pixels that every server refuses, so that they are not sent. Uses the server's own
/// <see cref="RawLayout"/>, with the largest limits that a server can be configured with.
/// </summary>
internal static class RawFormat
{
    /// <exception cref="ArgumentException">No pixels, too many of them, or data that does not fit them.</exception>
    public static void Check(ReadOnlyMemory<byte> pixels, int width, int height, PixelFormat format, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        ArgumentOutOfRangeException.ThrowIfNegative(height);
        ArgumentOutOfRangeException.ThrowIfNegative(stride);
        var raw = new RawPixels((uint)width, (uint)height, (uint)stride, Read(format), ColorMatrix.Bt601, pixels);
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
            V1.ColorMatrix.Bt709 => ColorMatrix.Bt709,
            V1.ColorMatrix.Bt2020 => ColorMatrix.Bt2020,
            _ => ColorMatrix.Bt601,
        },
        raw.Data.Memory,
        raw.ColorRange == V1.ColorRange.Full ? ColorRange.Full : ColorRange.Limited,
        Orientation.OfRotation(raw.RotationDegrees) ?? ExifOrientation.TopLeft);

    /// <exception cref="ArgumentException">The value is unknown.</exception>
    public static AlphaMode Read(V1.AlphaMode alpha) => alpha switch
    {
        V1.AlphaMode.Unspecified or V1.AlphaMode.Drop => AlphaMode.Drop,
        V1.AlphaMode.White => AlphaMode.White,
        _ => throw new ArgumentException($"{alpha} is not an alpha mode.", nameof(alpha)),
    };

    private static Imaging.Pixels.PixelFormat Read(PixelFormat format) => format switch
    {
        PixelFormat.Rgb24 => Imaging.Pixels.PixelFormat.Rgb24,
        PixelFormat.Bgr24 => Imaging.Pixels.PixelFormat.Bgr24,
        PixelFormat.Rgba32 => Imaging.Pixels.PixelFormat.Rgba32,
        PixelFormat.Bgra32 => Imaging.Pixels.PixelFormat.Bgra32,
        PixelFormat.Gray8 => Imaging.Pixels.PixelFormat.Gray8,
        PixelFormat.Nv12 => Imaging.Pixels.PixelFormat.Nv12,
        PixelFormat.I420 => Imaging.Pixels.PixelFormat.I420,
        PixelFormat.P010 => Imaging.Pixels.PixelFormat.P010,
        PixelFormat.Yuy2 => Imaging.Pixels.PixelFormat.Yuy2,
        PixelFormat.Uyvy => Imaging.Pixels.PixelFormat.Uyvy,
        PixelFormat.Bgr0 => Imaging.Pixels.PixelFormat.Bgr0,
        _ => throw new ArgumentException($"{format} is not a layout of pixels.", nameof(format)),
    };
}
