using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Imaging.Files;

/// <summary>A BMP, as Pillow gives it: colors of few bits are scaled to 0 … 255 and rounded down.</summary>
internal readonly ref struct BmpImage
{
    private const string Format = "BMP";
    private const uint Opaque = 0xFF000000;
    private readonly ReadOnlySpan<byte> _file;
    private readonly BmpHeader _header;
    private readonly Span<uint> _colors;

    private BmpImage(ReadOnlySpan<byte> file, BmpHeader header, Span<uint> colors)
    {
        _file = file;
        _header = header;
        _colors = colors;
    }

    /// <summary>RGBA.</summary>
    /// <exception cref="ClipException">Too large, cut off, damaged or of a kind that is not supported.</exception>
    public static PixelBuffer Decode(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        var header = BmpHeader.Read(file);
        limits.CheckSize(header.Width, header.Height);
        Span<uint> colors = stackalloc uint[256];
        var image = new BmpImage(file, header, colors);
        if (header.Bits <= 8)
            image.ReadPalette();
        var target = new PixelBuffer((int)header.Width, (int)header.Height);
        try
        {
            var pixels = MemoryMarshal.Cast<byte, uint>(target.Pixels);
            if (header.Compression is BmpCompression.RunLength8 or BmpCompression.RunLength4)
                image.DecodeRuns(pixels);
            else
                image.DecodeRows(pixels);
            return target;
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    private int Width => (int)_header.Width;

    private int Height => (int)_header.Height;

    /// <summary>A color that the palette lacks is the gray of its number.</summary>
    private void ReadPalette()
    {
        if (_header.Colors > _colors.Length)
            DamagedImage.Throw(Format, $"it has {_header.Colors:N0} colors; at most 256 are possible");

        var palette = _file[Math.Min(_header.PaletteOffset, _file.Length)..];
        for (var i = 0; i < _colors.Length; i++)
        {
            var start = i * _header.PaletteEntryLength;
            _colors[i] = i < _header.Colors && start + 3 <= palette.Length
                ? ToPixel(palette[start + 2], palette[start + 1], palette[start])
                : ToPixel((byte)i, (byte)i, (byte)i);
        }
    }

    /// <summary>Rows of a multiple of four bytes; the last one may end where its pixels do.</summary>
    private void DecodeRows(Span<uint> pixels)
    {
        var rowLength = ((Width * (long)_header.Bits) + 7) / 8;
        var stride = ((Width * (long)_header.Bits) + 31) / 32 * 4;
        var needed = (stride * (Height - 1)) + rowLength;
        if (_header.PixelOffset > _file.Length - needed)
        {
            DamagedImage.Throw(
                Format,
                $"its {_file.Length:N0} bytes do not hold all of its {Width} × {Height} pixels");
        }

        for (var y = 0; y < Height; y++)
        {
            var row = _file.Slice((int)(_header.PixelOffset + (y * stride)), (int)rowLength);
            DecodeRow(row, RowOf(pixels, y));
        }
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
                for (var x = 0; x < target.Length; x++)
                    target[x] = _colors[IndexAt(row, x)];
                break;
        }
    }

    private int IndexAt(ReadOnlySpan<byte> row, int x)
    {
        var bit = x * _header.Bits;
        return (row[bit / 8] >> (8 - _header.Bits - (bit % 8))) & ((1 << _header.Bits) - 1);
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
        var indices = ArrayPool<byte>.Shared.Rent(pixels.Length);
        try
        {
            var runs = _file[(int)Math.Min(_header.PixelOffset, _file.Length)..];
            var isFour = _header.Compression == BmpCompression.RunLength4;
            if (!new BmpRuns(runs, (int)_header.PixelOffset, Width, isFour).Decode(indices.AsSpan(0, pixels.Length)))
            {
                DamagedImage.Throw(
                    Format, $"its {_file.Length:N0} bytes do not hold all of its {Width} × {Height} pixels");
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
            ArrayPool<byte>.Shared.Return(indices);
        }
    }

    private static uint ToPixel(byte red, byte green, byte blue) =>
        red | ((uint)green << 8) | ((uint)blue << 16) | Opaque;
}
