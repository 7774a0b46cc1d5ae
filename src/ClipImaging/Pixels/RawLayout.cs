namespace ClipGrpc.Imaging.Pixels;

/// <summary>
/// Where the samples of a raw image lie, checked: every row of it is inside the data. Chroma planes have
/// (width + 1) / 2 by (height + 1) / 2 samples. The chroma rows of NV12 are as far apart as those of Y, rounded up to
/// an even number; those of I420 half of that.
/// </summary>
/// <param name="Chroma">Offset of the plane after Y: U and V of NV12, U of I420.</param>
/// <param name="Chroma2">Offset of the V plane of I420.</param>
internal readonly record struct RawLayout(int Width, int Height, int Stride, int Chroma, int Chroma2, int ChromaStride)
{
    /// <exception cref="ClipException">Empty, too large, or data that does not fit its size and stride.</exception>
    public static RawLayout Create(in RawPixels raw, ImageLimits limits)
    {
        limits.CheckSize(raw.Width, raw.Height);
        var rowBytes = (long)raw.Width * BytesPerPixel(raw.Format);
        if (raw.Stride != 0 && raw.Stride < rowBytes)
        {
            InvalidImage.Throw(
                $"The stride is {raw.Stride:N0} bytes; " +
                $"a row of {raw.Width} {raw.Format} pixels is {rowBytes:N0} bytes.");
        }

        var stride = raw.Stride == 0 ? rowBytes : raw.Stride;
        var chromaRows = (raw.Height + 1L) / 2;
        var chromaSamples = (raw.Width + 1L) / 2;
        var luma = stride * raw.Height;
        var layout = raw.Format switch
        {
            PixelFormat.Nv12 => Measure(luma, (stride + 1) / 2 * 2, chromaRows, chromaSamples * 2, planes: 1),
            PixelFormat.I420 => Measure(luma, (stride + 1) / 2, chromaRows, chromaSamples, planes: 2),
            _ => (Shortest: luma - stride + rowBytes, Whole: luma, ChromaStride: 0L),
        };
        if (raw.Data.Length < layout.Shortest || raw.Data.Length > layout.Whole)
        {
            InvalidImage.Throw(
                $"The data is {raw.Data.Length:N0} bytes; {raw.Width} × {raw.Height} {raw.Format} pixels " +
                $"with a stride of {stride:N0} bytes are {layout.Whole:N0} bytes.");
        }

        // Within the length of the data from here on, so all fit an int.
        var chroma = (int)Math.Min(luma, int.MaxValue);
        return new RawLayout(
            (int)raw.Width,
            (int)raw.Height,
            (int)stride,
            chroma,
            (int)(chroma + (layout.ChromaStride * chromaRows)),
            (int)layout.ChromaStride);
    }

    public static int BytesPerPixel(PixelFormat format) => format switch
    {
        PixelFormat.Rgb24 or PixelFormat.Bgr24 => 3,
        PixelFormat.Rgba32 or PixelFormat.Bgra32 => 4,
        PixelFormat.Gray8 or PixelFormat.Nv12 or PixelFormat.I420 => 1,
        _ => throw new ClipException(ClipErrorReason.UnknownEnumValue, $"The pixel format {format} is not known."),
    };

    /// <summary>The last row of the last plane may come without the gap behind it.</summary>
    private static (long Shortest, long Whole, long ChromaStride) Measure(
        long luma, long chromaStride, long chromaRows, long chromaRowBytes, int planes)
    {
        var whole = luma + (planes * chromaStride * chromaRows);
        return (whole - chromaStride + chromaRowBytes, whole, chromaStride);
    }
}
