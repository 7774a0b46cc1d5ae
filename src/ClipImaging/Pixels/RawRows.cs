namespace ClipGrpc.Imaging.Pixels;

/// <summary>Pixels without a container; only the rows that are asked for are converted.</summary>
internal sealed class RawRows : IPixelRows
{
    private readonly RawLayout _layout;
    private readonly PixelFormat _format;
    private readonly bool _onWhite;
    private readonly YuvConversion _yuv;
    private readonly ReadOnlyMemory<byte> _data;
    private readonly byte[] _strip;

    public RawRows(RawLayout layout, RawPixels raw, AlphaMode alpha)
    {
        _layout = layout;
        _format = raw.Format;
        _onWhite = alpha == AlphaMode.White && raw.Format is (PixelFormat.Rgba32 or PixelFormat.Bgra32);
        _yuv = YuvConversion.Of(raw.Matrix, raw.Range, raw.Format == PixelFormat.P010 ? 10 : 8);
        _data = raw.Data;
        _strip = LargeBuffers.Rent((PixelRows.MaxRowsPerRead * Width * 4) + PixelRows.Padding);
    }

    public int Width => _layout.Width;

    public int Height => _layout.Height;

    public ReadOnlySpan<byte> Read(int first, int count)
    {
        for (var i = 0; i < count; i++)
            Convert(first + i, _strip.AsSpan(i * Width * 4, Width * 4));
        if (_onWhite)
            AlphaBlend.OnWhite(_strip.AsSpan(0, count * Width * 4));
        return _strip.AsSpan(0, (count * Width * 4) + PixelRows.Padding);
    }

    public void Complete()
    {
    }

    public void Dispose() => LargeBuffers.Return(_strip);

    private void Convert(int y, Span<byte> target)
    {
        var data = _data.Span;
        var row = data.Slice(y * _layout.Stride, (int)RawLayout.RowBytes(_format, (uint)Width));
        var chromaRow = y / 2 * _layout.ChromaStride;
        var samples = (Width + 1) / 2;
        switch (_format)
        {
            case PixelFormat.Nv12:
                _yuv.ConvertNv12Row(row, data.Slice(_layout.Chroma + chromaRow, samples * 2), target);
                break;
            case PixelFormat.I420:
                var u = data.Slice(_layout.Chroma + chromaRow, samples);
                _yuv.ConvertI420Row(row, u, data.Slice(_layout.Chroma2 + chromaRow, samples), target);
                break;
            case PixelFormat.P010:
                _yuv.ConvertP010Row(row, data.Slice(_layout.Chroma + chromaRow, samples * 4), target);
                break;
            case PixelFormat.Yuy2:
                _yuv.ConvertYuy2Row(row, target);
                break;
            case PixelFormat.Uyvy:
                _yuv.ConvertUyvyRow(row, target);
                break;
            default:
                PackedPixels.Expand(_format, row, target);
                break;
        }
    }
}
