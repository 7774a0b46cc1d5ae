namespace ClipGrpc.Imaging.Pixels;

/// <summary>Pixels without a container, rows from the top, not yet checked.</summary>
/// <param name="Stride">Bytes from one row to the next (of the Y plane); 0 means rows without a gap.</param>
/// <param name="Matrix">For YUV formats only, as <paramref name="Range"/>.</param>
/// <param name="Data">The planes one after the other, as <see cref="RawLayout"/> places them.</param>
/// <param name="Orientation">Where the stored image's first row and first column belong.</param>
internal readonly record struct RawPixels(
    uint Width,
    uint Height,
    uint Stride,
    PixelFormat Format,
    ColorMatrix Matrix,
    ReadOnlyMemory<byte> Data,
    ColorRange Range = ColorRange.Limited,
    ExifOrientation Orientation = ExifOrientation.TopLeft);
