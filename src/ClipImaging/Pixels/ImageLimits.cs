namespace ClipGrpc.Imaging.Pixels;

/// <summary>What is taken of an image. All are checked from the header, before anything is decoded.</summary>
internal sealed record ImageLimits
{
    /// <summary>The largest limits that can be configured. Every server refuses an image that exceeds them.</summary>
    public static readonly ImageLimits Largest = new()
    {
        MaxPixels = 256L << 20,
        MaxDimension = 65_535,
        MaxEncodedBytes = int.MaxValue,
    };

    /// <summary>Width × height, 1 to 268,435,456 (a decoded image needs four bytes a pixel). Default 64 Mi.</summary>
    public long MaxPixels { get; init; } = 64L << 20;

    /// <summary>Pixels of the longer edge, 1 to 65,535, which is what JPEG and GIF can say. Default 65,535.</summary>
    public int MaxDimension { get; init; } = 65_535;

    /// <summary>Bytes of a file, at least 1. Default 32 MiB, as one message.</summary>
    public int MaxEncodedBytes { get; init; } = 32 << 20;

    /// <exception cref="ArgumentOutOfRangeException">A limit is outside the range that it documents.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPixels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxPixels, Largest.MaxPixels);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxDimension, Largest.MaxDimension);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxEncodedBytes, 1);
    }

    /// <exception cref="ClipException">The image is empty or larger than what is taken.</exception>
    public void CheckSize(long width, long height)
    {
        if (width < 1 || height < 1)
            InvalidImage.Throw($"The image is {width} × {height} pixels; both must be at least 1.");
        if (width > MaxDimension || height > MaxDimension)
        {
            InvalidImage.Throw(
                $"The image is {width} × {height} pixels; no edge may be longer than {MaxDimension:N0} pixels.");
        }

        if (width * height > MaxPixels)
        {
            InvalidImage.Throw(
                $"The image is {width} × {height} pixels; at most {MaxPixels:N0} pixels are taken.");
        }
    }

    /// <exception cref="ClipException">The file is empty or larger than what is taken.</exception>
    public void CheckEncodedLength(int length)
    {
        if (length == 0)
            InvalidImage.Throw("The image is empty: it has no bytes.");
        if (length > MaxEncodedBytes)
            InvalidImage.Throw($"The image is {length:N0} bytes; at most {MaxEncodedBytes:N0} bytes are taken.");
    }
}
