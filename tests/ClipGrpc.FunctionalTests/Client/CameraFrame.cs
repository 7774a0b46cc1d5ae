using System.Buffers.Binary;
using ClipGrpc.Client;
using SkiaSharp;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>An image as RGB, and the frame that a camera makes of it.</summary>
internal sealed record CameraFrame(byte[] Rgb, int Width, int Height)
{
    public static CameraFrame Decode(string file)
    {
        using var codec = SKCodec.Create(DataPath("images", file));
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        Assert.Equal(SKCodecResult.Success, codec.GetPixels(info, out var rgba));
        return new CameraFrame([.. rgba.Where((_, i) => i % 4 != 3)], info.Width, info.Height);
    }

    public ClipImage Image(int rotationDegrees = 0) =>
        ClipImage.FromPixels(Rgb, Width, Height, PixelFormat.Rgb24, rotationDegrees: rotationDegrees);

    public ClipImage Image(byte[] frame, PixelFormat format, ColorMatrix matrix, ColorRange range) =>
        ClipImage.FromPixels(frame, Width, Height, format, 0, matrix, range);

    public CameraFrame TurnClockwise()
    {
        var rgb = new byte[Rgb.Length];
        for (var i = 0; i < Width * Height; i++)
        {
            var (y, x) = Math.DivRem(i, Width);
            Rgb.AsSpan(i * 3, 3).CopyTo(rgb.AsSpan(((x * Height) + Height - 1 - y) * 3));
        }

        return new CameraFrame(rgb, Height, Width);
    }

    /// <summary>In floating point; a chroma sample is the mean of its pixels. Width and height must be even.</summary>
    public byte[] ToYuv(PixelFormat format, ColorMatrix matrix, ColorRange range)
    {
        var bits = format == PixelFormat.P010 ? 10 : 8;
        var (kr, kb) = matrix switch
        {
            ColorMatrix.Bt601 => (0.299, 0.114),
            ColorMatrix.Bt709 => (0.2126, 0.0722),
            _ => (0.2627, 0.0593),
        };
        int Luma(int x, int y)
        {
            var (red, green, blue) = Mean(x, y, 1, 1);
            return Quantize((kr * red) + ((1 - kr - kb) * green) + (kb * blue), 16, 219, range, bits);
        }

        (int U, int V) Chroma(int x, int y, int rows)
        {
            var (red, green, blue) = Mean(x, y, 2, rows);
            var luma = (kr * red) + ((1 - kr - kb) * green) + (kb * blue);
            return (
                Quantize((blue - luma) / 2 / (1 - kb), 128, 224, range, bits),
                Quantize((red - luma) / 2 / (1 - kr), 128, 224, range, bits));
        }

        return format is PixelFormat.Yuy2 or PixelFormat.Uyvy
            ? Packed(format, Luma, (x, y) => Chroma(x, y, 1))
            : Planar(format, Luma, (x, y) => Chroma(x, y, 2));
    }

    private byte[] Packed(PixelFormat format, Func<int, int, int> luma, Func<int, int, (int U, int V)> chroma)
    {
        var frame = new List<byte>(Width * Height * 2);
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x += 2)
            {
                var (first, second, (u, v)) = ((byte)luma(x, y), (byte)luma(x + 1, y), chroma(x, y));
                frame.AddRange(format == PixelFormat.Yuy2
                    ? [first, (byte)u, second, (byte)v]
                    : [(byte)u, first, (byte)v, second]);
            }
        }

        return [.. frame];
    }

    private byte[] Planar(PixelFormat format, Func<int, int, int> luma, Func<int, int, (int U, int V)> chroma)
    {
        var samples = new List<int>(Width * Height * 3 / 2);
        for (var i = 0; i < Width * Height; i++)
            samples.Add(luma(i % Width, i / Width));

        var pairs = new List<(int U, int V)>(Width * Height / 4);
        for (var i = 0; i < Width * Height / 4; i++)
            pairs.Add(chroma(i % (Width / 2) * 2, i / (Width / 2) * 2));
        samples.AddRange(format == PixelFormat.I420
            ? [.. pairs.Select(pair => pair.U), .. pairs.Select(pair => pair.V)]
            : pairs.SelectMany(pair => (int[])[pair.U, pair.V]));
        if (format != PixelFormat.P010)
            return [.. samples.Select(sample => (byte)sample)];

        var frame = new byte[samples.Count * 2];
        for (var i = 0; i < samples.Count; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(i * 2), (ushort)(samples[i] << 6));
        return frame;
    }

    /// <summary>The mean of some pixels, 0 to 1.</summary>
    private (double Red, double Green, double Blue) Mean(int left, int top, int columns, int rows)
    {
        var sums = new double[3];
        for (var y = top; y < top + rows; y++)
        {
            for (var i = ((y * Width) + left) * 3; i < ((y * Width) + left + columns) * 3; i++)
                sums[i % 3] += Rgb[i] / 255.0 / (columns * rows);
        }

        return (sums[0], sums[1], sums[2]);
    }

    /// <param name="zero">What 0 is in limited range; 128 is the middle in full range too.</param>
    /// <param name="scale">The extent of limited range.</param>
    private static int Quantize(double value, int zero, int scale, ColorRange range, int bits)
    {
        var (unit, most) = (1 << (bits - 8), (1 << bits) - 1);
        var sample = range == ColorRange.Full
            ? (value * most) + (zero == 128 ? 128 * unit : 0)
            : (value * scale * unit) + (zero * unit);
        return (int)Math.Clamp(Math.Round(sample), 0, most);
    }
}
