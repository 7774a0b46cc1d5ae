using ClipGrpc.Imaging.Resizing;

namespace ClipGrpc.Tests.Images;

/// <summary>The specification of the resize, written for reading: the whole image is scaled, then cropped.</summary>
internal static class ReferenceResizer
{
    public static byte[] Squash(byte[] rgb, int width, int height, int size) =>
        Scale(rgb, width, height, size, size);

    public static byte[] Run(byte[] rgb, int width, int height, int size, CropRounding rounding)
    {
        var shortEdge = Math.Min(width, height);
        var scaledWidth = (int)((long)size * width / shortEdge);
        var scaledHeight = (int)((long)size * height / shortEdge);
        var scaled = Scale(rgb, width, height, scaledWidth, scaledHeight);
        return Crop(scaled, scaledWidth, Offset(scaledWidth - size), Offset(scaledHeight - size), size);

        int Offset(int surplus) => (int)(rounding == CropRounding.HalfEven
            ? Math.Round(surplus / 2.0, MidpointRounding.ToEven)
            : Math.Floor(surplus / 2.0));
    }

    private static byte[] Scale(byte[] rgb, int width, int height, int scaledWidth, int scaledHeight)
    {
        if (height > 100 * width && scaledHeight < height)
        {
            var low = Vertical(rgb, width, height, scaledHeight);
            return Horizontal(low, width, scaledHeight, scaledWidth);
        }

        var narrow = Horizontal(rgb, width, height, scaledWidth);
        return Vertical(narrow, scaledWidth, height, scaledHeight);
    }

    private static byte[] Crop(byte[] rgb, int width, int left, int top, int size)
    {
        var cropped = new byte[size * size * 3];
        for (var y = 0; y < size; y++)
            Array.Copy(rgb, (((top + y) * width) + left) * 3, cropped, y * size * 3, size * 3);
        return cropped;
    }

    private static byte[] Horizontal(byte[] rgb, int width, int height, int scaledWidth)
    {
        var scaled = new byte[scaledWidth * height * 3];
        for (var x = 0; x < scaledWidth; x++)
        {
            var (start, weights) = Weights(width, scaledWidth, x);
            for (var y = 0; y < height; y++)
            {
                for (var channel = 0; channel < 3; channel++)
                {
                    scaled[(((y * scaledWidth) + x) * 3) + channel] =
                        Sum(weights, i => rgb[(((y * width) + start + i) * 3) + channel]);
                }
            }
        }

        return scaled;
    }

    private static byte[] Vertical(byte[] rgb, int width, int height, int scaledHeight)
    {
        var scaled = new byte[width * scaledHeight * 3];
        for (var y = 0; y < scaledHeight; y++)
        {
            var (start, weights) = Weights(height, scaledHeight, y);
            for (var column = 0; column < width * 3; column++)
                scaled[(y * width * 3) + column] = Sum(weights, i => rgb[((start + i) * width * 3) + column]);
        }

        return scaled;
    }

    private static byte Sum(int[] weights, Func<int, byte> pixel)
    {
        var sum = 1L << 21;
        for (var i = 0; i < weights.Length; i++)
            sum += (long)weights[i] * pixel(i);
        return (byte)Math.Clamp(sum >> 22, 0, 255);
    }

    private static (int Start, int[] Weights) Weights(int inputSize, int outputSize, int output)
    {
        var scale = (double)inputSize / outputSize;
        var filterScale = Math.Max(scale, 1);
        var support = 2 * filterScale;
        var center = (output + 0.5) * scale;
        var start = Math.Max(0, (int)(center - support + 0.5));
        var end = Math.Min(inputSize, (int)(center + support + 0.5));
        var real = Enumerable.Range(start, end - start)
            .Select(input => Filter((input - center + 0.5) * (1 / filterScale)))
            .ToArray();
        var sum = real.Aggregate(0.0, (total, weight) => total + weight);
        return (start, [.. real.Select(weight => (int)Math.Round(
            weight / sum * (1 << 22), MidpointRounding.AwayFromZero))]);
    }

    private static double Filter(double x)
    {
        x = Math.Abs(x);
        return x switch
        {
            < 1 => (1.5 * x * x * x) - (2.5 * x * x) + 1,
            < 2 => (-0.5 * x * x * x) + (2.5 * x * x) - (4 * x) + 2,
            _ => 0,
        };
    }
}
