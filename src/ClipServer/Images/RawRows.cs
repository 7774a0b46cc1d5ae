using System.Buffers;
using System.Runtime.InteropServices;

namespace ClipGrpc.Server.Images;

/// <summary>Pixels without a container; only the rows that are asked for are converted.</summary>
internal sealed class RawRows : IPixelRows
{
    private readonly RawLayout _layout;
    private readonly PixelFormat _format;
    private readonly bool _onWhite;
    private readonly YuvConversion _yuv;
    private readonly ReadOnlyMemory<byte> _data;
    private readonly byte[] _strip;

    public RawRows(RawLayout layout, RawPicture raw, AlphaMode alpha)
    {
        _layout = layout;
        _format = raw.Format;
        _onWhite = alpha == AlphaMode.White && raw.Format is (PixelFormat.Rgba32 or PixelFormat.Bgra32);
        _yuv = YuvConversion.Of(raw.Matrix);
        _data = raw.Data;
        _strip = ArrayPool<byte>.Shared.Rent((IPixelRows.MaxRowsPerRead * Width * 4) + IPixelRows.Padding);
    }

    public int Width => _layout.Width;

    public int Height => _layout.Height;

    public ReadOnlySpan<byte> Read(int first, int count)
    {
        for (var i = 0; i < count; i++)
            Convert(first + i, _strip.AsSpan(i * Width * 4, Width * 4));
        if (_onWhite)
            AlphaBlend.OnWhite(_strip.AsSpan(0, count * Width * 4));
        return _strip.AsSpan(0, (count * Width * 4) + IPixelRows.Padding);
    }

    public void Complete()
    {
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_strip);

    private void Convert(int y, Span<byte> target)
    {
        var data = _data.Span;
        var row = data.Slice(y * _layout.Stride, Width * RawLayout.BytesPerPixel(_format));
        var chromaRow = y / 2 * _layout.ChromaStride;
        var samples = (Width + 1) / 2;
        switch (_format)
        {
            case PixelFormat.Rgb24:
                FromThreeBytes(row, target, red: 0, blue: 2);
                break;
            case PixelFormat.Bgr24:
                FromThreeBytes(row, target, red: 2, blue: 0);
                break;
            case PixelFormat.Rgba32:
                row.CopyTo(target);
                break;
            case PixelFormat.Bgra32:
                FromBgra(MemoryMarshal.Cast<byte, uint>(row), MemoryMarshal.Cast<byte, uint>(target));
                break;
            case PixelFormat.Gray8:
                FromGray(row, MemoryMarshal.Cast<byte, uint>(target));
                break;
            case PixelFormat.Nv12:
                var pairs = data.Slice(_layout.Chroma + chromaRow, samples * 2);
                _yuv.ConvertRow(row, pairs, pairs[1..], step: 2, target);
                break;
            default:
                _yuv.ConvertRow(
                    row,
                    data.Slice(_layout.Chroma + chromaRow, samples),
                    data.Slice(_layout.Chroma2 + chromaRow, samples),
                    step: 1,
                    target);
                break;
        }
    }

    private static void FromThreeBytes(ReadOnlySpan<byte> row, Span<byte> target, int red, int blue)
    {
        for (int from = 0, to = 0; to + 4 <= target.Length; from += 3, to += 4)
        {
            target[to] = row[from + red];
            target[to + 1] = row[from + 1];
            target[to + 2] = row[from + blue];
        }
    }

    private static void FromBgra(ReadOnlySpan<uint> row, Span<uint> target)
    {
        for (var i = 0; i < row.Length; i++)
            target[i] = (row[i] & 0xFF00FF00) | ((row[i] >> 16) & 0xFF) | ((row[i] & 0xFF) << 16);
    }

    private static void FromGray(ReadOnlySpan<byte> row, Span<uint> target)
    {
        for (var i = 0; i < row.Length; i++)
            target[i] = row[i] * 0x010101u;
    }
}
