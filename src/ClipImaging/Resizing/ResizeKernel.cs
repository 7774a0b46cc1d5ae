using System.Buffers;

namespace ClipGrpc.Imaging.Resizing;

/// <summary>
/// The weights with which inputs along one axis make a run of outputs: a filter, widened by the scale when shrinking,
/// normalised in double and then rounded half away from zero to 22 fractional bits. Bit by bit what Pillow computes for
/// 8-bit images.
/// </summary>
internal sealed class ResizeKernel : IDisposable
{
    /// <summary>Fractional bits of a weight: 32, less 8 of a pixel and 2 for overshoot.</summary>
    public const int PrecisionBits = 22;

    /// <summary>What a sum starts from, so that the shift at its end rounds.</summary>
    public const int Half = 1 << (PrecisionBits - 1);

    private readonly int[] _starts;
    private readonly int[] _counts;
    private readonly int[] _weights;

    private ResizeKernel(int outputs, int stride)
    {
        Outputs = outputs;
        Stride = stride;
        _starts = ArrayPool<int>.Shared.Rent(outputs);
        _counts = ArrayPool<int>.Shared.Rent(outputs);
        _weights = ArrayPool<int>.Shared.Rent(outputs * stride);
        _weights.AsSpan(0, outputs * stride).Clear();
    }

    public int Outputs { get; }

    /// <summary>Weights from one output to the next; even, and those beyond an output's count are 0.</summary>
    public int Stride { get; }

    /// <summary>The first input that has a weight.</summary>
    public int FirstInput { get; private set; }

    /// <summary>The input after the last that has a weight.</summary>
    public int EndInput { get; private set; }

    /// <summary>Per output: its first input.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, Outputs);

    /// <summary>Per output: how many inputs it has, at least 1.</summary>
    public ReadOnlySpan<int> Counts => _counts.AsSpan(0, Outputs);

    /// <summary>Outputs × <see cref="Stride"/>.</summary>
    public ReadOnlySpan<int> Weights => _weights.AsSpan(0, Outputs * Stride);

    /// <summary>Outputs first … first + count − 1 of a scaling from inputSize to outputSize.</summary>
    public static ResizeKernel Create(
        int inputSize, int outputSize, int first, int count, ResizeFilter filter = ResizeFilter.Bicubic)
    {
        var scale = (double)inputSize / outputSize;
        var filterScale = Math.Max(scale, 1);
        var support = SupportOf(filter) * filterScale;
        var taps = Math.Min(((int)Math.Ceiling(support) * 2) + 1, inputSize);
        var kernel = new ResizeKernel(count, (taps + 1) & ~1);
        var real = ArrayPool<double>.Shared.Rent(taps);
        for (var i = 0; i < count; i++)
        {
            var center = (first + i + 0.5) * scale;
            var start = Math.Max((int)(center - support + 0.5), 0);
            var inputs = real.AsSpan(0, Math.Min((int)(center + support + 0.5), inputSize) - start);
            Weigh(filter, start - center + 0.5, 1 / filterScale, inputs);
            kernel.SetOutput(i, start, inputs);
        }

        ArrayPool<double>.Shared.Return(real);
        kernel.FirstInput = kernel.Starts[0];
        kernel.EndInput = 0;
        for (var i = 0; i < count; i++)
        {
            kernel.FirstInput = Math.Min(kernel.FirstInput, kernel._starts[i]);
            kernel.EndInput = Math.Max(kernel.EndInput, kernel._starts[i] + kernel._counts[i]);
        }

        return kernel;
    }

    /// <summary>A finished sum of pixels × weights as a pixel.</summary>
    public static byte ToByte(int sum) => (byte)Math.Clamp(sum >> PrecisionBits, 0, byte.MaxValue);

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_starts);
        ArrayPool<int>.Shared.Return(_counts);
        ArrayPool<int>.Shared.Return(_weights);
    }

    private static double SupportOf(ResizeFilter filter) => filter switch
    {
        ResizeFilter.Box => 0.5,
        ResizeFilter.Bilinear or ResizeFilter.Hamming => 1,
        ResizeFilter.Bicubic => 2,
        _ => 3,
    };

    /// <summary>The filter at inputs, of which the first is <paramref name="offset"/> from the center.</summary>
    private static void Weigh(ResizeFilter filter, double offset, double inverse, Span<double> weights)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            var x = (i + offset) * inverse;
            weights[i] = filter switch
            {
                ResizeFilter.Box => x is > -0.5 and <= 0.5 ? 1 : 0,
                ResizeFilter.Bilinear => Math.Max(1 - Math.Abs(x), 0),
                ResizeFilter.Hamming => Hamming(x),
                ResizeFilter.Bicubic => Bicubic(x),
                _ => x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0,
            };
        }
    }

    private void SetOutput(int output, int start, ReadOnlySpan<double> real)
    {
        var count = real.Length;
        var sum = 0.0;
        foreach (var weight in real)
            sum += weight;

        // Zero weights at the ends cost time and change nothing; where the scale is 1 only one weight is left.
        var weights = _weights.AsSpan(output * Stride, Stride);
        var end = 0;
        var skipped = 0;
        for (var i = 0; i < count; i++)
        {
            var weight = ToFixedPoint(sum != 0 ? real[i] / sum : real[i]);
            if (weight == 0 && end == 0 && i < count - 1)
            {
                skipped++;
                continue;
            }

            weights[i - skipped] = weight;
            if (weight != 0 || end == 0)
                end = i - skipped + 1;
        }

        _starts[output] = start + skipped;
        _counts[output] = end;
    }

    private static int ToFixedPoint(double weight) =>
        (int)((weight < 0 ? -0.5 : 0.5) + (weight * (1 << PrecisionBits)));

    private static double Bicubic(double x)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        if (x < 1)
            return ((((A + 2) * x) - (A + 3)) * x * x) + 1;
        return x < 2 ? ((((x - 5) * x) + 8) * x - 4) * A : 0;
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);

    private static double Hamming(double x)
    {
        x = Math.Abs(x);
        return x >= 1 ? 0 : Sinc(x) * (0.54 + (0.46 * Math.Cos(x * Math.PI)));
    }
}
