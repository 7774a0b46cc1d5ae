using System.Runtime.InteropServices;

namespace ClipGrpc.Imaging.Pixels;

/// <summary>Turns an image as its EXIF orientation says.</summary>
internal static class Orientation
{
    /// <summary>The orientation that a turn makes upright.</summary>
    /// <param name="degrees">Clockwise.</param>
    /// <returns>Null where it is not 0, 90, 180 or 270.</returns>
    public static ExifOrientation? OfRotation(uint degrees) => degrees switch
    {
        0 => ExifOrientation.TopLeft,
        90 => ExifOrientation.RightTop,
        180 => ExifOrientation.BottomRight,
        270 => ExifOrientation.LeftBottom,
        _ => null,
    };

    /// <summary>All rows of <paramref name="source"/>, turned upright.</summary>
    public static PixelBuffer Apply(IPixelRows source, ExifOrientation origin)
    {
        var (width, height) = (source.Width, source.Height);
        var swapsAxes = origin >= ExifOrientation.LeftTop;
        var target = swapsAxes ? new PixelBuffer(height, width) : new PixelBuffer(width, height);
        try
        {
            var pixels = MemoryMarshal.Cast<byte, uint>(target.Pixels);
            for (var y = 0; y < height; y += PixelRows.MaxRowsPerRead)
            {
                var rows = Math.Min(PixelRows.MaxRowsPerRead, height - y);
                var strip = MemoryMarshal.Cast<byte, uint>(source.Read(y, rows)[..(rows * width * 4)]);
                CopyStrip(strip, width, height, y, rows, pixels, origin);
            }

            return target;
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    // Columns outside, rows inside: where the axes are swapped, a strip's column is a run of the target.
    private static void CopyStrip(
        ReadOnlySpan<uint> strip,
        int width,
        int height,
        int firstRow,
        int rows,
        Span<uint> target,
        ExifOrientation origin)
    {
        var (start, stepX, stepY) = Steps(width, height, origin);
        for (var x = 0; x < width; x++)
        {
            for (var y = 0; y < rows; y++)
                target[start + (x * stepX) + ((firstRow + y) * stepY)] = strip[(y * width) + x];
        }
    }

    /// <summary>Where pixel (0, 0) of the source goes, and how far a step along x and y moves in the target.</summary>
    private static (int Start, int StepX, int StepY) Steps(int width, int height, ExifOrientation origin)
    {
        var last = (width * height) - 1;
        return origin switch
        {
            ExifOrientation.TopRight => (width - 1, -1, width),
            ExifOrientation.BottomRight => (last, -1, -width),
            ExifOrientation.BottomLeft => (last - width + 1, 1, -width),
            ExifOrientation.LeftTop => (0, height, 1),
            ExifOrientation.RightTop => (height - 1, height, -1),
            ExifOrientation.RightBottom => (last, -height, -1),
            ExifOrientation.LeftBottom => (last - height + 1, -height, 1),
            _ => (0, 1, width),
        };
    }
}
