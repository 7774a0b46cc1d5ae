namespace ClipGrpc.Imaging.Pixels;

/// <summary>A whole image in pooled memory, four bytes per pixel.</summary>
internal sealed class PixelBuffer : IPixelRows
{
    private readonly byte[] _pixels;

    public PixelBuffer(int width, int height)
    {
        Width = width;
        Height = height;
        _pixels = LargeBuffers.Rent(checked((width * height * 4) + PixelRows.Padding));
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Height × Width × 4 bytes, rows from the top.</summary>
    public Span<byte> Pixels => _pixels.AsSpan(0, Width * Height * 4);

    public ReadOnlySpan<byte> Read(int first, int count) =>
        _pixels.AsSpan(first * Width * 4, (count * Width * 4) + PixelRows.Padding);

    public void Complete()
    {
    }

    public void Dispose() => LargeBuffers.Return(_pixels);
}
