namespace ClipGrpc.Imaging.Pixels;

/// <summary>The layout of pixels that come without a container. Names give the order of the bytes.</summary>
internal enum PixelFormat
{
    Rgb24,
    Bgr24,
    Rgba32,
    Bgra32,
    Gray8,

    /// <summary>A plane of Y, then a plane of U and V interleaved at half the width and height.</summary>
    Nv12,

    /// <summary>Planes of Y, U and V; the last two at half the width and height.</summary>
    I420,

    /// <summary>NV12 with 10 bits per sample, the upper bits of two bytes, little-endian.</summary>
    P010,

    /// <summary>4:2:2, for two pixels Y, U, Y and V.</summary>
    Yuy2,

    /// <summary>4:2:2, for two pixels U, Y, V and Y.</summary>
    Uyvy,

    /// <summary>The fourth byte has no meaning.</summary>
    Bgr0,
}
