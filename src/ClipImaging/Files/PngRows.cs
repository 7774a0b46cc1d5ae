using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Runtime.InteropServices;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Files;

/// <summary>
/// A PNG that is not interlaced, decoded row by row. Of 16-bit samples, the high byte is taken. A color that the
/// palette lacks is the gray of its number.
/// </summary>
internal sealed unsafe class PngRows : IPixelRows
{
    private const string Format = "PNG";
    private const uint Opaque = 0xFF000000;

    private readonly byte* _bytes;
    private readonly int _length;
    private readonly PngLayout _layout;
    private readonly bool _onWhite;
    private readonly uint[]? _colors;
    private readonly PngPixelData _data;
    private readonly ZLibStream _zlib;
    private readonly int _rowLength;
    private readonly byte[] _strip;
    private byte[] _row; // the filter, then the row
    private byte[] _above;
    private int _next;

    /// <param name="bytes">The file, which must stay where it is as long as the rows are read.</param>
    /// <param name="layout">Of a header that was checked, not interlaced.</param>
    public PngRows(byte* bytes, int length, PngLayout layout, AlphaMode alpha)
    {
        _bytes = bytes;
        _length = length;
        _layout = layout;
        _onWhite = alpha == AlphaMode.White
            && (layout.HasTransparency || layout.ColorType is PngLayout.GrayAlpha or PngLayout.Rgba);
        _colors = HasColors ? MakeColors() : null;
        _data = new PngPixelData(bytes, length, layout.PixelOffset);
        _zlib = new ZLibStream(_data, CompressionMode.Decompress);
        _rowLength = (int)((Width * (long)layout.BitsPerPixel + 7) / 8);
        _strip = LargeBuffers.Rent((PixelRows.MaxRowsPerRead * Width * 4) + PixelRows.Padding);
        _row = LargeBuffers.Rent(1 + _rowLength);
        _above = LargeBuffers.Rent(1 + _rowLength);
        _above.AsSpan(0, 1 + _rowLength).Clear();
    }

    public int Width => _layout.Width;

    public int Height => _layout.Height;

    private ReadOnlySpan<byte> File => new(_bytes, _length);

    private ReadOnlySpan<byte> Transparency => File.Slice(_layout.TransparencyOffset, _layout.TransparencyLength);

    /// <summary>Whether a pixel is the number of a color: of the palette, or a gray of few bits.</summary>
    private bool HasColors => _layout.ColorType == PngLayout.Indexed
        || (_layout.ColorType == PngLayout.Gray && _layout.Depth < 8);

    public ReadOnlySpan<byte> Read(int first, int count)
    {
        while (_next < first)
            DecodeRow();
        for (var i = 0; i < count; i++)
            Convert(DecodeRow(), _strip.AsSpan(i * Width * 4, Width * 4));
        if (_onWhite)
            AlphaBlend.OnWhite(_strip.AsSpan(0, count * Width * 4));
        return _strip.AsSpan(0, (count * Width * 4) + PixelRows.Padding);
    }

    public void Complete()
    {
        while (_next < Height)
            DecodeRow();
        _data.Check();
    }

    public void Dispose()
    {
        _zlib.Dispose();
        LargeBuffers.Return(_strip);
        LargeBuffers.Return(_row);
        LargeBuffers.Return(_above);
    }

    private ReadOnlySpan<byte> DecodeRow()
    {
        var stored = _row.AsSpan(0, 1 + _rowLength);
        var row = stored[1..];
        try
        {
            if (_zlib.ReadAtLeast(stored, stored.Length, throwOnEndOfStream: false) < stored.Length)
                ThrowIncomplete();
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            // The second: a stream that zlib does not expect, such as one with a dictionary.
            ThrowIncomplete();
        }

        if (!PngFilter.TryUndo(
            stored[0], row, _above.AsSpan(1, _rowLength), Math.Max(_layout.BitsPerPixel / 8, 1)))
        {
            DamagedImage.Throw(Format, $"its row {_next} has the unknown filter {stored[0]}");
        }

        (_row, _above) = (_above, _row);
        _next++;
        return row;
    }

    private void Convert(ReadOnlySpan<byte> row, Span<byte> target)
    {
        if (_colors is not null)
        {
            PackedPixels.ExpandIndices(row, _layout.Depth, _colors, MemoryMarshal.Cast<byte, uint>(target));
            return;
        }

        var bytes = _layout.Depth / 8;
        switch (_layout.ColorType)
        {
            case PngLayout.Gray when bytes == 1:
                PackedPixels.Expand(PixelFormat.Gray8, row, target);
                break;
            case PngLayout.Rgb when bytes == 1:
                PackedPixels.Expand(PixelFormat.Rgb24, row, target);
                break;
            case PngLayout.Rgba when bytes == 1:
                row.CopyTo(target);
                break;
            default:
                ConvertSamples(row, bytes, target);
                break;
        }

        if (_onWhite && _layout.HasTransparency)
            ApplyTransparency(row, target);
    }

    /// <summary>The first byte of each sample, which is the high one.</summary>
    private void ConvertSamples(ReadOnlySpan<byte> row, int bytes, Span<byte> target)
    {
        var isGray = _layout.ColorType is PngLayout.Gray or PngLayout.GrayAlpha;
        var hasAlpha = _layout.ColorType is PngLayout.GrayAlpha or PngLayout.Rgba;
        var channels = (isGray ? 1 : 3) + (hasAlpha ? 1 : 0);
        for (var (from, to) = (0, 0); to < target.Length; from += channels * bytes, to += 4)
        {
            target[to] = row[from];
            target[to + 1] = row[isGray ? from : from + bytes];
            target[to + 2] = row[isGray ? from : from + 2 * bytes];
            target[to + 3] = hasAlpha ? row[from + (channels - 1) * bytes] : byte.MaxValue;
        }
    }

    /// <summary>Pixels of the color that is transparent, compared in all of its bits.</summary>
    private void ApplyTransparency(ReadOnlySpan<byte> row, Span<byte> target)
    {
        var bytes = _layout.Depth / 8;
        var channels = _layout.ColorType == PngLayout.Gray ? 1 : 3;
        Span<byte> transparent = stackalloc byte[channels * bytes];
        for (var i = 0; i < channels; i++)
            Transparency.Slice(i * 2 + 2 - bytes, bytes).CopyTo(transparent[(i * bytes)..]);
        for (var (from, to) = (0, 0); to < target.Length; from += transparent.Length, to += 4)
            target[to + 3] = row.Slice(from, transparent.Length).SequenceEqual(transparent) ? (byte)0 : byte.MaxValue;
    }

    private uint[] MakeColors()
    {
        var colors = new uint[256];
        var isIndexed = _layout.ColorType == PngLayout.Indexed;
        var step = isIndexed ? 1 : 255 / ((1 << _layout.Depth) - 1);
        for (var i = 0; i < colors.Length; i++)
            colors[i] = Opaque | (uint)(byte)(i * step) * 0x010101;
        if (isIndexed)
            ReadPalette(colors);
        else if (_layout.HasTransparency)
            colors[BinaryPrimitives.ReadUInt16BigEndian(Transparency) & (1 << _layout.Depth) - 1] &= ~Opaque;
        return colors;
    }

    private void ReadPalette(Span<uint> colors)
    {
        var palette = File.Slice(_layout.Palette.DataOffset, _layout.Palette.Length);
        for (var i = 0; i < Math.Min(palette.Length / 3, _layout.Palette.Colors); i++)
            colors[i] = Opaque | palette[3 * i] | (uint)palette[3 * i + 1] << 8 | (uint)palette[3 * i + 2] << 16;
        if (!_layout.HasTransparency || _layout.TransparencyLength > _layout.Palette.Colors)
            return;

        for (var i = 0; i < _layout.TransparencyLength; i++)
            colors[i] = colors[i] & ~Opaque | (uint)Transparency[i] << 24;
    }

    [DoesNotReturn]
    private void ThrowIncomplete() => InvalidImage.Throw(
        $"The PNG image is {(_data.HasEnded ? "truncated" : "truncated or damaged")}: its {_length:N0} bytes do not "
        + $"contain all of its {Width} × {Height} pixels.");
}
