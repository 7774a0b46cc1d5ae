namespace ClipGrpc.Models.Graphs;

/// <summary>A weight as signed bytes, one scale per output: weight[o, i] ≈ Scales[o] · Values[i, o].</summary>
/// <param name="Values">[inputs, outputs], of at most the magnitude asked for.</param>
/// <param name="Scales">[outputs].</param>
internal sealed record ByteMatrix(byte[] Values, float[] Scales)
{
    // Of inputs × outputs: the source is read by rows and the result written by columns, so both stay in the cache.
    private const int Tile = 64;

    /// <param name="weight">[outputs, inputs].</param>
    /// <param name="magnitude">Of the largest value; at most 127.</param>
    public static ByteMatrix Quantize(ReadOnlyMemory<float> weight, int inputs, int outputs, int magnitude)
    {
        var values = new byte[weight.Length];
        var scales = new float[outputs];
        Parallel.For(0, (outputs + Tile - 1) / Tile, tile =>
        {
            var first = tile * Tile;
            var last = Math.Min(outputs, first + Tile);
            for (var output = first; output < last; output++)
            {
                var row = weight.Span.Slice(output * inputs, inputs);
                var largest = Math.Abs(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(row));
                scales[output] = largest > 0 ? largest / magnitude : 1;
            }

            for (var start = 0; start < inputs; start += Tile)
                QuantizeTile(weight.Span, values, scales, inputs, first..last, start..Math.Min(inputs, start + Tile));
        });
        return new ByteMatrix(values, scales);
    }

    private static void QuantizeTile(
        ReadOnlySpan<float> weight, byte[] values, float[] scales, int inputs, Range outputRange, Range inputRange)
    {
        for (var output = outputRange.Start.Value; output < outputRange.End.Value; output++)
        {
            var inverse = 1 / scales[output];
            var row = weight.Slice(output * inputs, inputs);
            for (var input = inputRange.Start.Value; input < inputRange.End.Value; input++)
            {
                var rounded = MathF.Round(row[input] * inverse);
                values[input * scales.Length + output] = (byte)(sbyte)Math.Clamp(rounded, -127, 127);
            }
        }
    }
}
