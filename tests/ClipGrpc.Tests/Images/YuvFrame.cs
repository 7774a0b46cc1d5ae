using System.Buffers.Binary;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Tests.Images;

/// <summary>A frame of a YUV format, read one sample at a time and converted in floating point.</summary>
internal sealed record YuvFrame(PixelFormat Format, int Width, int Height, int Stride, byte[] Data)
{
    private int LumaBytes => Stride * Height;

    private int ChromaStride => Format switch
    {
        PixelFormat.Nv12 => (Stride + 1) / 2 * 2,
        PixelFormat.P010 => (Stride + 3) / 4 * 4,
        PixelFormat.I420 => (Stride + 1) / 2,
        _ => 0,
    };

    private int Length => LumaBytes + (ChromaStride * ((Height + 1) / 2) * (Format == PixelFormat.I420 ? 2 : 1));

    public static byte[] Noise(PixelFormat format, int width, int height, int stride, int seed) =>
        TestImages.Noise(new YuvFrame(format, width, height, stride, []).Length, seed);

    public byte[] ToRgb(ColorMatrix matrix, ColorRange range)
    {
        var rgb = new byte[Width * Height * 3];
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
                Convert(Sample(x, y), matrix, range).CopyTo(rgb, ((y * Width) + x) * 3);
        }

        return rgb;
    }

    private (int Y, int U, int V) Sample(int x, int y)
    {
        var row = y * Stride;
        var chroma = LumaBytes + (y / 2 * ChromaStride);
        var pair = row + (x / 2 * 4);
        return Format switch
        {
            PixelFormat.Nv12 => (Data[row + x], Data[chroma + (x / 2 * 2)], Data[chroma + (x / 2 * 2) + 1]),
            PixelFormat.I420 => (
                Data[row + x],
                Data[chroma + (x / 2)],
                Data[chroma + (ChromaStride * ((Height + 1) / 2)) + (x / 2)]),
            PixelFormat.P010 => (
                TenBits(row + (x * 2)), TenBits(chroma + (x / 2 * 4)), TenBits(chroma + (x / 2 * 4) + 2)),
            PixelFormat.Yuy2 => (Data[pair + (x % 2 * 2)], Data[pair + 1], Data[pair + 3]),
            PixelFormat.Uyvy => (Data[pair + 1 + (x % 2 * 2)], Data[pair], Data[pair + 2]),
            _ => throw new ArgumentOutOfRangeException(nameof(Format)),
        };
    }

    private int TenBits(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(Data.AsSpan(offset)) / 64;

    private byte[] Convert((int Y, int U, int V) sample, ColorMatrix matrix, ColorRange range)
    {
        var (kr, kb) = matrix switch
        {
            ColorMatrix.Bt601 => (0.299, 0.114),
            ColorMatrix.Bt709 => (0.2126, 0.0722),
            _ => (0.2627, 0.0593),
        };
        var (unit, most) = Format == PixelFormat.P010 ? (4, 1023.0) : (1, 255.0);
        var isFull = range == ColorRange.Full;
        var luma = isFull ? sample.Y / most : (sample.Y - (16 * unit)) / (219.0 * unit);
        var chromaRange = isFull ? most : 224.0 * unit;
        var (cb, cr) = ((sample.U - (128 * unit)) / chromaRange, (sample.V - (128 * unit)) / chromaRange);
        var red = luma + (2 * (1 - kr) * cr);
        var blue = luma + (2 * (1 - kb) * cb);
        var green = (luma - (kr * red) - (kb * blue)) / (1 - kr - kb);
        return [ToByte(red), ToByte(green), ToByte(blue)];

        static byte ToByte(double value) => (byte)Math.Clamp(Math.Round(value * 255), 0, 255);
    }
}
