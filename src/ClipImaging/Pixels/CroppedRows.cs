namespace ClipGrpc.Imaging.Pixels;

/// <summary>A part of an image that is in memory as a whole. The image stays its owner's.</summary>
internal sealed class CroppedRows(PixelBuffer image, PixelBox box) : IPixelRows
{
    private readonly byte[] _strip =
        LargeBuffers.Rent((PixelRows.MaxRowsPerRead * box.Width * 4) + PixelRows.Padding);

    public int Width => box.Width;

    public int Height => box.Height;

    public ReadOnlySpan<byte> Read(int first, int count)
    {
        var rowBytes = box.Width * 4;
        for (var i = 0; i < count; i++)
        {
            var start = (((box.Top + first + i) * image.Width) + box.Left) * 4;
            image.Pixels.Slice(start, rowBytes).CopyTo(_strip.AsSpan(i * rowBytes));
        }

        return _strip.AsSpan(0, (count * rowBytes) + PixelRows.Padding);
    }

    public void Complete()
    {
    }

    public void Dispose() => LargeBuffers.Return(_strip);
}
