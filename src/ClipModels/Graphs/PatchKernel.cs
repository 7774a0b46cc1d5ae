using ClipGrpc.Models.Configuration;

namespace ClipGrpc.Models.Graphs;

/// <summary>
/// The patch convolution with the normalisation of pixels folded in: for bytes x, W·((x/255 − mean)/std) =
/// (W/std)·x/255 − W·(mean/std). Folded in double, rounded once. The 255 stays outside: with it the weights would be
/// too small for float16.
/// </summary>
/// <param name="Weights">[width, patch · patch · 3], ordered as the bytes of a patch are: row, column, channel.</param>
/// <param name="Bias">[width].</param>
internal sealed record PatchKernel(float[] Weights, double[] Bias)
{
    /// <summary>What the product of bytes and <see cref="Weights"/> is multiplied with.</summary>
    public const float PixelScale = 1 / 255f;

    private const int Channels = 3;

    public int Outputs => Bias.Length;

    public int Inputs => Weights.Length / Outputs;

    /// <param name="convolution">[width, 3, patch, patch].</param>
    public static PatchKernel Fold(ReadOnlySpan<float> convolution, ClipConfig config)
    {
        var width = config.Vision.Width;
        var area = config.PatchSize * config.PatchSize;
        var weights = new float[convolution.Length];
        var bias = new double[width];
        for (var row = 0; row < width; row++)
        {
            var start = row * Channels * area;
            for (var channel = 0; channel < Channels; channel++)
            {
                double mean = config.Mean[channel];
                double deviation = config.StandardDeviation[channel];
                for (var pixel = 0; pixel < area; pixel++)
                {
                    var weight = convolution[start + channel * area + pixel] / deviation;
                    weights[start + pixel * Channels + channel] = (float)weight;
                    bias[row] -= weight * mean;
                }
            }
        }

        return new PatchKernel(weights, bias);
    }
}
