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
    /// <param name="regions">The parts that are prepared each; null: the whole image.</param>
    /// <param name="target">Size × Size × 3 bytes per region.</param>
    /// <exception cref="ClipException">The source is damaged or cut off.</exception>
    public static void Run(
        IPixelRows source, ExifOrientation orientation, IReadOnlyList<RelativeBox>? regions,
        ImageTransform transform, Span<byte> target)
    {
        if (regions is null)
        {
            Run(source, orientation, transform, target);
            return;
        }

        using var stored = source;

        // As a whole, because regions may overlap and rows are read once.
        using var upright = orientation == ExifOrientation.TopLeft && stored is PixelBuffer
            ? null : Orientation.Apply(stored, orientation);
        stored.Complete();
        var image = upright ?? (PixelBuffer)stored;
        var length = transform.Size * transform.Size * 3;
        for (var i = 0; i < regions.Count; i++)
        {
            using var region = new CroppedRows(image, regions[i].ToPixels(image.Width, image.Height));
            Resize(region, transform, target.Slice(i * length, length));
        }
    }

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
