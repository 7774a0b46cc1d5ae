namespace ClipGrpc.Client;

/// <summary>
/// The layout of uncompressed pixels, 8 bits per channel except for P010. Names of RGB formats give the byte order in
/// memory. There is no default: 0 is not a format.
/// </summary>
public enum PixelFormat
{
    /// <summary>3 bytes per pixel.</summary>
    Rgb24 = 1,

    /// <summary>3 bytes per pixel.</summary>
    Bgr24,

    /// <summary>4 bytes per pixel. Alpha is not premultiplied.</summary>
    Rgba32,

    /// <summary>4 bytes per pixel. Alpha is not premultiplied.</summary>
    Bgra32,

    /// <summary>1 byte per pixel.</summary>
    Gray8,

    /// <summary>4:2:0 in two planes: Y, and U and V interleaved.</summary>
    Nv12,

    /// <summary>4:2:0 in three planes: Y, U and V.</summary>
    I420,

    /// <summary>
    /// NV12 with 10 bits per sample, in the upper bits of 2 bytes, little-endian. The lower 6 bits are ignored.
    /// </summary>
    P010,

    /// <summary>4:2:2, 4 bytes for 2 pixels: Y, U, Y, V. Also called YUYV.</summary>
    Yuy2,

    /// <summary>4:2:2, 4 bytes for 2 pixels: U, Y, V, Y.</summary>
    Uyvy,

    /// <summary>4 bytes per pixel. The fourth byte has no meaning: unlike BGRA32, it is never used as alpha.</summary>
    Bgr0,
}
