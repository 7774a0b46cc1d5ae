namespace ClipGrpc.Imaging.Pixels;

/// <summary>
/// Limits on an image, checked from its header before anything is decoded. Without values they are the largest that can
/// be configured, which no server exceeds; the server's defaults are those of its settings.
/// </summary>
internal sealed record ImageLimits
{
    private const long LargestPixels = 256L << 20;
    private const int LargestDimension = 65_535;

    /// <summary>Width × height, 1 to 268,435,456: a decoded image needs four bytes per pixel.</summary>
    public long MaxPixels { get; init; } = LargestPixels;

    /// <summary>Pixels of the longer edge, 1 to 65,535, which is what JPEG and GIF can express.</summary>
    public int MaxDimension { get; init; } = LargestDimension;

    /// <summary>Bytes of a file, at least 1.</summary>
    public int MaxEncodedBytes { get; init; } = int.MaxValue;

    /// <exception cref="ArgumentOutOfRangeException">A limit is outside the range that it documents.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPixels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxPixels, LargestPixels);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxDimension, LargestDimension);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxEncodedBytes, 1);
    }

    /// <exception cref="ClipException">The image is empty or larger than what is taken.</exception>
    public void CheckSize(long width, long height)
    {
        if (width < 1 || height < 1)
            InvalidImage.Throw($"The image is {width} × {height} pixels; both must be at least 1.");
        if (width > MaxDimension || height > MaxDimension)
        {
            InvalidImage.ThrowTooLarge(
                $"The image is {width} × {height} pixels; the maximum per side is {MaxDimension:N0} pixels.",
                MaxDimension,
                Math.Max(width, height));
        }

        if (width * height > MaxPixels)
        {
            InvalidImage.ThrowTooLarge(
                $"The image is {width} × {height} pixels; the maximum is {MaxPixels:N0} pixels.",
                MaxPixels,
                width * height);
        }
    }

    /// <exception cref="ClipException">The file is empty or larger than what is taken.</exception>
    public void CheckEncodedLength(int length)
    {
        if (length == 0)
            InvalidImage.Throw("The image is empty: it has no bytes.");
        if (length > MaxEncodedBytes)
        {
            InvalidImage.ThrowTooLarge(
                $"The image is {length:N0} bytes; the maximum is {MaxEncodedBytes:N0} bytes.",
                MaxEncodedBytes,
                length);
        }
    }
}
