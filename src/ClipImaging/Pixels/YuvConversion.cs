using System.Runtime.InteropServices;
#if NET
using System.Buffers.Binary;
using System.Runtime.Intrinsics;
#endif

namespace ClipGrpc.Imaging.Pixels;

/// <summary>
/// YUV to RGB in 16-bit fixed point, rounded to the nearest. For limited range
/// R = 255/219 (Y − 16) + 2 (1 − Kr) 255/224 (V − 128), G and B accordingly, clipped to 0 … 255.
/// A chroma sample counts for the pixels that it lies on, without interpolation.
/// </summary>
internal readonly struct YuvConversion
{
    private const int Bits = 16;
    private const int Half = 1 << (Bits - 1);
    private const int PixelsAtOnce = 8;

    /// <summary>The bits of a P010 sample that carry nothing.</summary>
    private const int P010Shift = 6;

    private readonly int _luma;
    private readonly int _redFromV;
    private readonly int _greenFromU;
    private readonly int _greenFromV;
    private readonly int _blueFromU;

    // The offsets of Y, U and V and half a unit, multiplied out: they are added once per channel.
    private readonly int _red;
    private readonly int _green;
    private readonly int _blue;

    private YuvConversion(double kr, double kb, ColorRange range, int sampleBits)
    {
        var unit = 1 << (sampleBits - 8);
        var white = (1 << sampleBits) - 1;
        var (black, lumaRange, chromaRange) = range switch
        {
            ColorRange.Limited => (16 * unit, 219 * unit, 224 * unit),
            ColorRange.Full => (0, white, white),
            _ => throw new ClipException(ClipErrorReason.UnknownEnumValue, $"The color range {range} is not known."),
        };
        var kg = 1 - kr - kb;
        _luma = ToFixedPoint(255.0 / lumaRange);
        _redFromV = ToFixedPoint(2 * (1 - kr) * 255 / chromaRange);
        _greenFromU = -ToFixedPoint(2 * (1 - kb) * kb / kg * 255 / chromaRange);
        _greenFromV = -ToFixedPoint(2 * (1 - kr) * kr / kg * 255 / chromaRange);
        _blueFromU = ToFixedPoint(2 * (1 - kb) * 255 / chromaRange);

        var (offset, neutral) = (Half - (_luma * black), 128 * unit);
        _red = offset - (_redFromV * neutral);
        _green = offset - ((_greenFromU + _greenFromV) * neutral);
        _blue = offset - (_blueFromU * neutral);
    }

    public static YuvConversion Of(
        ColorMatrix matrix, ColorRange range = ColorRange.Limited, int sampleBits = 8)
    {
        var (kr, kb) = matrix switch
        {
            ColorMatrix.Bt601 => (0.299, 0.114),
            ColorMatrix.Bt709 => (0.2126, 0.0722),
            ColorMatrix.Bt2020 => (0.2627, 0.0593),
            _ => throw new ClipException(
                ClipErrorReason.UnknownEnumValue, $"The color matrix {matrix} is not known."),
        };
        return new YuvConversion(kr, kb, range, sampleBits);
    }

    /// <param name="y">One sample a pixel.</param>
    /// <param name="pairs">U and V, one pair for two pixels.</param>
    /// <param name="target">Four bytes a pixel.</param>
    public void ConvertNv12Row(ReadOnlySpan<byte> y, ReadOnlySpan<byte> pairs, Span<byte> target)
    {
        var pixels = MemoryMarshal.Cast<byte, uint>(target)[..y.Length];
        var x = 0;
#if NET
        for (; x + PixelsAtOnce <= y.Length; x += PixelsAtOnce)
        {
            var chroma = Vector128.CreateScalar(BinaryPrimitives.ReadUInt64LittleEndian(pairs[x..])).AsByte();
            var u = Vector128.Shuffle(chroma, Vector128.Create(0, 0, 2, 2, 4, 4, 6, 6, 0, 0, 0, 0, 0, 0, 0, (byte)0));
            var v = Vector128.Shuffle(chroma, Vector128.Create(1, 1, 3, 3, 5, 5, 7, 7, 0, 0, 0, 0, 0, 0, 0, (byte)0));
            EightPixels(Widen(ReadEight(y[x..])), Widen(u), Widen(v)).CopyTo(pixels[x..]);
        }
#endif

        for (; x < y.Length; x++)
            pixels[x] = OnePixel(y[x], pairs[x / 2 * 2], pairs[(x / 2 * 2) + 1]);
    }

    /// <param name="y">One sample a pixel.</param>
    /// <param name="u">One sample for two pixels; <paramref name="v"/> too.</param>
    /// <param name="target">Four bytes a pixel.</param>
    public void ConvertI420Row(ReadOnlySpan<byte> y, ReadOnlySpan<byte> u, ReadOnlySpan<byte> v, Span<byte> target)
    {
        var pixels = MemoryMarshal.Cast<byte, uint>(target)[..y.Length];
        var x = 0;
#if NET
        var twice = Vector128.Create(0, 0, 1, 1, 2, 2, 3, 3, 0, 0, 0, 0, 0, 0, 0, (byte)0);
        for (; x + PixelsAtOnce <= y.Length; x += PixelsAtOnce)
        {
            var fourU = Vector128.CreateScalar(BinaryPrimitives.ReadUInt32LittleEndian(u[(x / 2)..])).AsByte();
            var fourV = Vector128.CreateScalar(BinaryPrimitives.ReadUInt32LittleEndian(v[(x / 2)..])).AsByte();
            var (eightU, eightV) = (Vector128.Shuffle(fourU, twice), Vector128.Shuffle(fourV, twice));
            EightPixels(Widen(ReadEight(y[x..])), Widen(eightU), Widen(eightV)).CopyTo(pixels[x..]);
        }
#endif

        for (; x < y.Length; x++)
            pixels[x] = OnePixel(y[x], u[x / 2], v[x / 2]);
    }

    /// <param name="y">One sample of two bytes per pixel.</param>
    /// <param name="pairs">U and V, two bytes each, one pair for two pixels.</param>
    /// <param name="target">Four bytes per pixel.</param>
    public void ConvertP010Row(ReadOnlySpan<byte> y, ReadOnlySpan<byte> pairs, Span<byte> target)
    {
        var luma = MemoryMarshal.Cast<byte, ushort>(y);
        var chroma = MemoryMarshal.Cast<byte, ushort>(pairs);
        var pixels = MemoryMarshal.Cast<byte, uint>(target)[..luma.Length];
        var x = 0;
#if NET
        for (; x + PixelsAtOnce <= luma.Length; x += PixelsAtOnce)
        {
            var samples = Vector128.Create(luma[x..]) >> P010Shift;
            EightPixels(samples, Vector128.Create(chroma[x..]) >> P010Shift).CopyTo(pixels[x..]);
        }
#endif

        for (; x < luma.Length; x++)
        {
            var (u, v) = (chroma[x / 2 * 2], chroma[(x / 2 * 2) + 1]);
            pixels[x] = OnePixel(luma[x] >> P010Shift, u >> P010Shift, v >> P010Shift);
        }
    }

    /// <param name="row">Y, U, Y, V for two pixels, whole also where the width is odd.</param>
    /// <param name="target">Four bytes per pixel.</param>
    public void ConvertYuy2Row(ReadOnlySpan<byte> row, Span<byte> target) => ConvertPackedRow(row, target, luma: 0);

    /// <param name="row">U, Y, V, Y for two pixels, whole also where the width is odd.</param>
    /// <param name="target">Four bytes per pixel.</param>
    public void ConvertUyvyRow(ReadOnlySpan<byte> row, Span<byte> target) => ConvertPackedRow(row, target, luma: 1);

    /// <param name="luma">Whether Y is the first or the second byte of two; U and V in turn are the other.</param>
    private void ConvertPackedRow(ReadOnlySpan<byte> row, Span<byte> target, int luma)
    {
        var chroma = 1 - luma;
        var pixels = MemoryMarshal.Cast<byte, uint>(target);
        var x = 0;
#if NET
        for (; x + PixelsAtOnce <= pixels.Length; x += PixelsAtOnce)
        {
            var words = Vector128.Create(row[(x * 2)..]).AsUInt16();
            var y = (words >> (luma * 8)) & Vector128.Create((ushort)byte.MaxValue);
            var pairs = (words >> (chroma * 8)) & Vector128.Create((ushort)byte.MaxValue);
            EightPixels(y, pairs).CopyTo(pixels[x..]);
        }
#endif

        for (; x < pixels.Length; x++)
        {
            var pair = row.Slice(x / 2 * 4, 4);
            pixels[x] = OnePixel(pair[luma + (x % 2 * 2)], pair[chroma], pair[chroma + 2]);
        }
    }

    /// <summary>Red in the lowest byte.</summary>
    private uint OnePixel(int y, int u, int v)
    {
        var luma = _luma * y;
        return ToByte(luma + (_redFromV * v) + _red)
            | (ToByte(luma + (_greenFromU * u) + (_greenFromV * v) + _green) << 8)
            | (ToByte(luma + (_blueFromU * u) + _blue) << 16);
    }

    private static uint ToByte(int value) => (uint)Math.Clamp(value >> Bits, 0, byte.MaxValue);

    private static int ToFixedPoint(double value) => (int)Math.Round(value * (1 << Bits));

#if NET
    /// <param name="pairs">U and V, one pair for two pixels.</param>
    private Vector256<uint> EightPixels(Vector128<ushort> y, Vector128<ushort> pairs)
    {
        var u = Vector128.Shuffle(pairs, Vector128.Create(0, 0, 2, 2, 4, 4, 6, (ushort)6));
        var v = Vector128.Shuffle(pairs, Vector128.Create(1, 1, 3, 3, 5, 5, 7, (ushort)7));
        return EightPixels(Widen(y), Widen(u), Widen(v));
    }

    /// <summary>Red in the lowest bytes; a sample of each for each pixel.</summary>
    private Vector256<uint> EightPixels(Vector256<int> y, Vector256<int> u, Vector256<int> v)
    {
        var luma = y * _luma;
        return ToBytes(luma + (v * _redFromV) + Vector256.Create(_red))
            | (ToBytes(luma + (u * _greenFromU) + (v * _greenFromV) + Vector256.Create(_green)) << 8)
            | (ToBytes(luma + (u * _blueFromU) + Vector256.Create(_blue)) << 16);
    }

    private static Vector128<byte> ReadEight(ReadOnlySpan<byte> samples) =>
        Vector128.CreateScalar(BinaryPrimitives.ReadUInt64LittleEndian(samples)).AsByte();

    /// <summary>The lower half.</summary>
    private static Vector256<int> Widen(Vector128<byte> samples) => Widen(Vector128.WidenLower(samples));

    private static Vector256<int> Widen(Vector128<ushort> samples) =>
        Vector256.WidenLower(samples.ToVector256Unsafe()).AsInt32();

    private static Vector256<uint> ToBytes(Vector256<int> values) => Vector256.Min(
        Vector256.Max(values >> Bits, Vector256<int>.Zero), Vector256.Create((int)byte.MaxValue)).AsUInt32();
#endif
}
