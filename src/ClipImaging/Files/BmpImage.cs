using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Files;

/// <summary>
/// A BMP, as Pillow gives it: colors of few bits are scaled to 0 … 255 and rounded down. Rows are read from where they
/// are in the file; only runs, whose rows have no place that is known, are decoded as a whole.
/// </summary>
internal sealed unsafe class BmpImage : IPixelRows
{
    private const string Format = "BMP";
    private const uint Opaque = 0xFF000000;
    private readonly byte* _bytes;
    private readonly int _length;
    private readonly BmpHeader _header;
    private readonly bool _onWhite;
    private readonly uint[] _colors = new uint[256];
    private readonly byte[] _strip;

    private BmpImage(byte* bytes, int length, BmpHeader header, bool onWhite)
    {
        _bytes = bytes;
        _length = length;
        _header = header;
        _onWhite = onWhite;
        if (header.Bits <= 8)
            ReadPalette();
        if (!_header.IsRuns)
            CheckRows();
        _strip = _header.IsRuns
            ? [] : LargeBuffers.Rent((PixelRows.MaxRowsPerRead * Width * 4) + PixelRows.Padding);
    }

    /// <summary>RGBA.</summary>
    /// <param name="bytes">The file, which must stay where it is as long as the rows are read.</param>
    /// <exception cref="ClipException">Too large, cut off, damaged or of a kind that is not supported.</exception>
    public static IPixelRows Open(byte* bytes, int length, ImageLimits limits, IDecodeRoom room, AlphaMode alpha)
    {
        var header = BmpHeader.Read(new ReadOnlySpan<byte>(bytes, length));
        limits.CheckSize(header.Width, header.Height);
        var pixels = (long)header.Width * header.Height;
        room.Take(header.Width, header.Height, header.IsRuns ? pixels * (sizeof(uint) + 1) : 0);
        var image = new BmpImage(bytes, length, header, alpha == AlphaMode.White);
        if (!header.IsRuns)
            return image;

        var target = new PixelBuffer(image.Width, image.Height);
        try
        {
            image.DecodeRuns(MemoryMarshal.Cast<byte, uint>(target.Pixels));
            return target;
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    public int Width => (int)_header.Width;

    public int Height => (int)_header.Height;

    private ReadOnlySpan<byte> File => new(_bytes, _length);

    private long RowLength => ((Width * (long)_header.Bits) + 7) / 8;

    private long Stride => ((Width * (long)_header.Bits) + 31) / 32 * 4;

    public ReadOnlySpan<byte> Read(int first, int count)
    {
        var pixels = MemoryMarshal.Cast<byte, uint>(_strip.AsSpan(0, count * Width * 4));
        for (var i = 0; i < count; i++)
        {
            var stored = _header.IsTopDown ? first + i : Height - 1 - first - i;
            var row = File.Slice((int)(_header.PixelOffset + (stored * Stride)), (int)RowLength);
            DecodeRow(row, pixels.Slice(i * Width, Width));
        }

        if (_onWhite)
            AlphaBlend.OnWhite(_strip.AsSpan(0, count * Width * 4));
        return _strip.AsSpan(0, (count * Width * 4) + PixelRows.Padding);
    }

    public void Complete()
    {
    }

    public void Dispose() => LargeBuffers.Return(_strip);

    /// <summary>A color that the palette lacks is the gray of its number.</summary>
    private void ReadPalette()
    {
        if (_header.Colors > _colors.Length)
            DamagedImage.Throw(Format, $"it has {_header.Colors:N0} colors; at most 256 are possible");

        var palette = File[Math.Min(_header.PaletteOffset, _length)..];
        for (var i = 0; i < _colors.Length; i++)
        {
            var start = i * _header.PaletteEntryLength;
            _colors[i] = i < _header.Colors && start + 3 <= palette.Length
                ? ToPixel(palette[start + 2], palette[start + 1], palette[start])
                : ToPixel((byte)i, (byte)i, (byte)i);
        }
    }

    /// <summary>Rows of a multiple of four bytes; the last one may end where its pixels do.</summary>
    private void CheckRows()
    {
        var needed = (Stride * (Height - 1)) + RowLength;
        if (_header.PixelOffset > _length - needed)
            DamagedImage.Throw(Format, $"its {_length:N0} bytes do not contain all of its {Width} × {Height} pixels");
    }

    private Span<uint> RowOf(Span<uint> pixels, int y) =>
        pixels.Slice((_header.IsTopDown ? y : Height - 1 - y) * Width, Width);

    private void DecodeRow(ReadOnlySpan<byte> row, Span<uint> target)
    {
        var hasMasks = _header.Compression == BmpCompression.Masks;
        switch (_header.Bits)
        {
            case 16:
                DecodeWords(row, target, hasMasks && _header.Masks.Green == BmpMasks.Rgb565.Green ? 6 : 5);
                break;
            case 24:
                for (var x = 0; x < target.Length; x++)
                    target[x] = ToPixel(row[(x * 3) + 2], row[(x * 3) + 1], row[x * 3]);
                break;
            case 32:
                DecodeDoubleWords(row, target, hasMasks ? _header.Masks : BmpMasks.Bgr);
                break;
            default:
                PackedPixels.ExpandIndices(row, _header.Bits, _colors, target);
                break;
        }
    }

    /// <param name="greenBits">5 or 6; red and blue have five.</param>
    private static void DecodeWords(ReadOnlySpan<byte> row, Span<uint> target, int greenBits)
    {
        var greenMax = (1 << greenBits) - 1;
        for (var x = 0; x < target.Length; x++)
        {
            var word = BinaryPrimitives.ReadUInt16LittleEndian(row[(x * 2)..]);
            target[x] = ToPixel(
                (byte)(((word >> (5 + greenBits)) & 31) * 255 / 31),
                (byte)(((word >> 5) & greenMax) * 255 / greenMax),
                (byte)((word & 31) * 255 / 31));
        }
    }

    private static void DecodeDoubleWords(ReadOnlySpan<byte> row, Span<uint> target, BmpMasks masks)
    {
        var (red, green, blue) = (Shift(masks.Red), Shift(masks.Green), Shift(masks.Blue));
        var alpha = Shift(masks.Alpha);
        for (var x = 0; x < target.Length; x++)
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(row[(x * 4)..]);
            var pixel = ToPixel((byte)(word >> red), (byte)(word >> green), (byte)(word >> blue));
            target[x] = masks.Alpha == 0 ? pixel : (pixel & ~Opaque) | ((uint)(byte)(word >> alpha) << 24);
        }

        static int Shift(uint mask) => BitOperations.TrailingZeroCount(mask) & 31;
    }

    /// <summary>Runs to one index per byte, as many rows as there are, from the bottom unless told otherwise.</summary>
    private void DecodeRuns(Span<uint> pixels)
    {
        var indices = LargeBuffers.Rent(pixels.Length);
        try
        {
            var runs = File[(int)Math.Min(_header.PixelOffset, _length)..];
            var isFour = _header.Compression == BmpCompression.RunLength4;
            if (!new BmpRuns(runs, (int)_header.PixelOffset, Width, isFour).Decode(indices.AsSpan(0, pixels.Length)))
            {
                DamagedImage.Throw(
                    Format, $"its {_length:N0} bytes do not contain all of its {Width} × {Height} pixels");
            }

            for (var y = 0; y < Height; y++)
            {
                var row = RowOf(pixels, y);
                for (var x = 0; x < row.Length; x++)
                    row[x] = _colors[indices[(y * Width) + x]];
            }
        }
        finally
        {
            LargeBuffers.Return(indices);
        }
    }

    private static uint ToPixel(byte red, byte green, byte blue) =>
        red | ((uint)green << 8) | ((uint)blue << 16) | Opaque;
}
