using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ClipGrpc.Imaging.Pixels;

/// <summary>
/// YUV of limited range to RGB in 16-bit fixed point, rounded to the nearest:
/// R = 255/219 (Y − 16) + 2 (1 − Kr) 255/224 (V − 128), G and B accordingly, clipped to 0 … 255.
/// A chroma sample counts for the two by two pixels that it lies on, without interpolation.
/// </summary>
internal readonly struct YuvConversion
{
    private const int Bits = 16;
    private const int Half = 1 << (Bits - 1);
    private const int PixelsAtOnce = 8;
    private readonly int _luma;
    private readonly int _redFromV;
    private readonly int _greenFromU;
    private readonly int _greenFromV;
    private readonly int _blueFromU;

    private YuvConversion(double kr, double kb)
    {
        var kg = 1 - kr - kb;
        _luma = ToFixedPoint(255.0 / 219);
        _redFromV = ToFixedPoint(2 * (1 - kr) * 255 / 224);
        _greenFromU = -ToFixedPoint(2 * (1 - kb) * kb / kg * 255 / 224);
        _greenFromV = -ToFixedPoint(2 * (1 - kr) * kr / kg * 255 / 224);
        _blueFromU = ToFixedPoint(2 * (1 - kb) * 255 / 224);
    }

    public static YuvConversion Of(ColorMatrix matrix) => matrix switch
    {
        ColorMatrix.Bt601 => new YuvConversion(0.299, 0.114),
        ColorMatrix.Bt709 => new YuvConversion(0.2126, 0.0722),
        _ => throw new ClipException(ClipErrorReason.UnknownEnumValue, $"The colour matrix {matrix} is not known."),
    };

    /// <param name="y">One sample a pixel.</param>
    /// <param name="pairs">U and V, one pair for two pixels.</param>
    /// <param name="target">Four bytes a pixel.</param>
    public void ConvertNv12Row(ReadOnlySpan<byte> y, ReadOnlySpan<byte> pairs, Span<byte> target)
    {
        var pixels = MemoryMarshal.Cast<byte, uint>(target)[..y.Length];
        var x = 0;
        for (; x + PixelsAtOnce <= y.Length; x += PixelsAtOnce)
        {
            var chroma = Vector128.CreateScalar(BinaryPrimitives.ReadUInt64LittleEndian(pairs[x..])).AsByte();
            var u = Vector128.Shuffle(chroma, Vector128.Create(0, 0, 2, 2, 4, 4, 6, 6, 0, 0, 0, 0, 0, 0, 0, (byte)0));
            var v = Vector128.Shuffle(chroma, Vector128.Create(1, 1, 3, 3, 5, 5, 7, 7, 0, 0, 0, 0, 0, 0, 0, (byte)0));
            EightPixels(y[x..], u, v).CopyTo(pixels[x..]);
        }

        for (; x < y.Length; x++)
            pixels[x] = OnePixel(y[x], pairs[x / 2 * 2], pairs[(x / 2 * 2) + 1]);
    }

    /// <param name="y">One sample a pixel.</param>
    /// <param name="u">One sample for two pixels; <paramref name="v"/> too.</param>
    /// <param name="target">Four bytes a pixel.</param>
    public void ConvertI420Row(ReadOnlySpan<byte> y, ReadOnlySpan<byte> u, ReadOnlySpan<byte> v, Span<byte> target)
    {
        var twice = Vector128.Create(0, 0, 1, 1, 2, 2, 3, 3, 0, 0, 0, 0, 0, 0, 0, (byte)0);
        var pixels = MemoryMarshal.Cast<byte, uint>(target)[..y.Length];
        var x = 0;
        for (; x + PixelsAtOnce <= y.Length; x += PixelsAtOnce)
        {
            var fourU = Vector128.CreateScalar(BinaryPrimitives.ReadUInt32LittleEndian(u[(x / 2)..])).AsByte();
            var fourV = Vector128.CreateScalar(BinaryPrimitives.ReadUInt32LittleEndian(v[(x / 2)..])).AsByte();
            EightPixels(y[x..], Vector128.Shuffle(fourU, twice), Vector128.Shuffle(fourV, twice)).CopyTo(pixels[x..]);
        }

        for (; x < y.Length; x++)
            pixels[x] = OnePixel(y[x], u[x / 2], v[x / 2]);
    }

    /// <summary>Red in the lowest byte.</summary>
    private uint OnePixel(byte y, byte u, byte v)
    {
        var luma = (_luma * (y - 16)) + Half;
        var (cb, cr) = (u - 128, v - 128);
        return ToByte(luma + (_redFromV * cr))
            | (ToByte(luma + (_greenFromU * cb) + (_greenFromV * cr)) << 8)
            | (ToByte(luma + (_blueFromU * cb)) << 16);
    }

    /// <param name="u">A sample for each pixel in the lower half, as <paramref name="v"/>.</param>
    private Vector256<uint> EightPixels(ReadOnlySpan<byte> y, Vector128<byte> u, Vector128<byte> v)
    {
        var samples = Vector128.CreateScalar(BinaryPrimitives.ReadUInt64LittleEndian(y)).AsByte();
        var luma = ((Widen(samples) - Vector256.Create(16)) * _luma) + Vector256.Create(Half);
        var cb = Widen(u) - Vector256.Create(128);
        var cr = Widen(v) - Vector256.Create(128);
        return ToBytes(luma + (cr * _redFromV))
            | (ToBytes(luma + (cb * _greenFromU) + (cr * _greenFromV)) << 8)
            | (ToBytes(luma + (cb * _blueFromU)) << 16);
    }

    private static Vector256<int> Widen(Vector128<byte> samples)
    {
        var words = Vector128.WidenLower(samples);
        return Vector256.Create(Vector128.WidenLower(words), Vector128.WidenUpper(words)).AsInt32();
    }

    private static Vector256<uint> ToBytes(Vector256<int> values) => Vector256.Min(
        Vector256.Max(values >> Bits, Vector256<int>.Zero), Vector256.Create((int)byte.MaxValue)).AsUInt32();

    private static uint ToByte(int value) => (uint)Math.Clamp(value >> Bits, 0, byte.MaxValue);

    private static int ToFixedPoint(double value) => (int)Math.Round(value * (1 << Bits));
}
