namespace ClipGrpc.Imaging.Resizing;

/// <summary>
/// The geometry of one preparation: a source is scaled to ScaledWidth × ScaledHeight, of which Size × Size pixels from
/// (CropX, CropY) are kept.
/// </summary>
internal readonly record struct ResizePlan(
    int SourceWidth, int SourceHeight, int ScaledWidth, int ScaledHeight, int CropX, int CropY, int Size,
    ResizeFilter Filter = ResizeFilter.Bicubic)
{
    /// <summary>
    /// Pillow shrinks very tall images vertically first. The order matters, because bytes are clipped in between.
    /// </summary>
    public bool VerticalFirst => SourceHeight > 100L * SourceWidth && ScaledHeight < SourceHeight;

    public static ResizePlan Create(int width, int height, ImageTransform transform)
    {
        // The longer edge is cut to a whole number, as int(size * long / short) does in torchvision and transformers.
        var (size, edge) = (transform.Size, transform.Edge);
        var squash = transform.Mode == ResizeMode.Squash;
        var scaledWidth = squash || width <= height ? edge : (int)((long)edge * width / height);
        var scaledHeight = squash || height <= width ? edge : (int)((long)edge * height / width);
        return new ResizePlan(
            width,
            height,
            scaledWidth,
            scaledHeight,
            CropOffset(scaledWidth - size, transform.Rounding),
            CropOffset(scaledHeight - size, transform.Rounding),
            size,
            transform.Filter);
    }

    private static int CropOffset(int surplus, CropRounding rounding)
    {
        var half = surplus >> 1;
        var isTie = (surplus & 1) != 0;
        return rounding == CropRounding.HalfEven && isTie && (half & 1) != 0 ? half + 1 : half;
    }
}
