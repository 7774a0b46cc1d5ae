namespace ClipGrpc.Imaging.Pixels;

/// <summary>An image as rows of four bytes a pixel: red, green, blue and one that has no meaning.</summary>
internal interface IPixelRows : IDisposable
{
    int Width { get; }

    int Height { get; }

    /// <summary>
    /// Rows <paramref name="first"/> … first + count − 1, Width × 4 bytes each, and <see cref="PixelRows.Padding"/>
    /// bytes of any value. Rows are read from the top down, each at most once; the span is good until the next call.
    /// </summary>
    /// <exception cref="ClipException">The image is damaged or cut off.</exception>
    ReadOnlySpan<byte> Read(int first, int count);

    /// <summary>Makes sure that the rows that nobody read are there too.</summary>
    /// <exception cref="ClipException">The image is damaged or cut off.</exception>
    void Complete();
}
