namespace ClipGrpc.Server.Images;

/// <summary>
/// YUV of limited range to RGB in 16-bit fixed point, rounded to the nearest:
/// R = 255/219 (Y − 16) + 2 (1 − Kr) 255/224 (V − 128), G and B accordingly, clipped to 0 … 255.
/// A chroma sample counts for the two by two pixels that it lies on, without interpolation.
/// </summary>
internal readonly struct YuvConversion
{
    private const int Bits = 16;
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
        _greenFromU = ToFixedPoint(2 * (1 - kb) * kb / kg * 255 / 224);
        _greenFromV = ToFixedPoint(2 * (1 - kr) * kr / kg * 255 / 224);
        _blueFromU = ToFixedPoint(2 * (1 - kb) * 255 / 224);
    }

    public static YuvConversion Of(ColorMatrix matrix) => matrix switch
    {
        ColorMatrix.Bt601 => new YuvConversion(0.299, 0.114),
        ColorMatrix.Bt709 => new YuvConversion(0.2126, 0.0722),
        _ => throw new ClipException(ClipErrorCode.InvalidInput, $"The colour matrix {matrix} is not known."),
    };

    /// <param name="y">One sample a pixel.</param>
    /// <param name="u">One sample for two pixels, every <paramref name="step"/> bytes.</param>
    /// <param name="target">Four bytes a pixel.</param>
    public void ConvertRow(
        ReadOnlySpan<byte> y, ReadOnlySpan<byte> u, ReadOnlySpan<byte> v, int step, Span<byte> target)
    {
        for (var x = 0; x < y.Length; x++)
        {
            var luma = (_luma * (y[x] - 16)) + (1 << (Bits - 1));
            var cb = u[x / 2 * step] - 128;
            var cr = v[x / 2 * step] - 128;
            var pixel = target.Slice(x * 4, 4);
            pixel[0] = ToByte(luma + (_redFromV * cr));
            pixel[1] = ToByte(luma - (_greenFromU * cb) - (_greenFromV * cr));
            pixel[2] = ToByte(luma + (_blueFromU * cb));
        }
    }

    private static int ToFixedPoint(double value) => (int)Math.Round(value * (1 << Bits));

    private static byte ToByte(int value) => (byte)Math.Clamp(value >> Bits, 0, byte.MaxValue);
}
