namespace ClipGrpc.Imaging.Pixels;

/// <summary>A part of an image, in fractions of its upright width and height.</summary>
internal readonly record struct RelativeBox(float Left, float Top, float Width, float Height)
{
    /// <summary>The pixels of the part in an image of that size: edges are rounded to the nearest pixel.</summary>
    public PixelBox ToPixels(int width, int height)
    {
        var (left, right) = ToPixels(Left, Width, width);
        var (top, bottom) = ToPixels(Top, Height, height);
        return new PixelBox(left, top, right - left, bottom - top);
    }

    /// <summary>Half a pixel rounds up; there is at least one pixel.</summary>
    private static (int Start, int End) ToPixels(float start, float length, int pixels)
    {
        var first = Math.Clamp((int)Math.Floor(((double)start * pixels) + 0.5), 0, pixels - 1);
        var end = (int)Math.Floor((((double)start + length) * pixels) + 0.5);
        return (first, Math.Clamp(end, first + 1, pixels));
    }
}
