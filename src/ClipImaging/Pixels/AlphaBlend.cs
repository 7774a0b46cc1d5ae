namespace ClipGrpc.Imaging.Pixels;

internal static class AlphaBlend
{
    /// <summary>Composites RGBA pixels (not premultiplied) on white, each channel rounded to the nearest.</summary>
    public static void OnWhite(Span<byte> pixels)
    {
        for (var i = 0; i + 4 <= pixels.Length; i += 4)
        {
            var alpha = pixels[i + 3];
            if (alpha == 255)
                continue;

            var white = 255 * (255 - alpha);
            pixels[i] = DivideBy255((pixels[i] * alpha) + white);
            pixels[i + 1] = DivideBy255((pixels[i + 1] * alpha) + white);
            pixels[i + 2] = DivideBy255((pixels[i + 2] * alpha) + white);
        }
    }

    // Exact to the nearest for 0 … 255².
    private static byte DivideBy255(int value)
    {
        value += 128;
        return (byte)((value + (value >> 8)) >> 8);
    }
}
