using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Resizing;

/// <summary>
/// Pixels to what a model sees: turned upright, scaled and cropped to Size × Size RGB bytes. The server and the client
/// have this in common, so that both get the same bytes.
/// </summary>
internal static class PixelPreparation
{
    /// <summary>Pixels that are in the model's format already; they are only copied.</summary>
    public static bool IsPrepared(in RawPixels raw, ImageTransform transform) =>
        raw is { Format: PixelFormat.Rgb24, Orientation: ExifOrientation.TopLeft }
        && raw.Width == transform.Size && raw.Height == transform.Size;

    /// <param name="target">Size × Size × 3 bytes.</param>
    public static void Run(
        in RawPixels raw, RawLayout layout, AlphaMode alpha, ImageTransform transform, Span<byte> target) =>
        Run(new RawRows(layout, raw, alpha), raw.Orientation, transform, target);

    /// <summary>Disposes the source.</summary>
    /// <param name="target">Size × Size × 3 bytes.</param>
    /// <exception cref="ClipException">The source is damaged or cut off.</exception>
    public static void Run(
        IPixelRows source, ExifOrientation orientation, ImageTransform transform, Span<byte> target)
    {
        using var stored = source;
        if (orientation == ExifOrientation.TopLeft)
        {
            Resize(stored, transform, target);
            return;
        }

        using var upright = Orientation.Apply(stored, orientation);
        Resize(upright, transform, target);
    }

    private static void Resize(IPixelRows rows, ImageTransform transform, Span<byte> target) =>
        ImageResizer.Run(rows, ResizePlan.Create(rows.Width, rows.Height, transform), target);
}
