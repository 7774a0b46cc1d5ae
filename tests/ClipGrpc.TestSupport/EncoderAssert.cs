using ClipGrpc.Models.Sessions;

namespace ClipGrpc.TestSupport;

/// <summary>Runs encoders and compares what they give.</summary>
internal static class EncoderAssert
{
    public static (float[][] Embeddings, float[] Norms) Run<T>(IEncoder<T> encoder, params ReadOnlySpan<T> inputs)
    {
        var embeddings = new float[inputs.Length * encoder.Dimensions];
        var norms = new float[inputs.Length];
        encoder.Encode(inputs, embeddings, norms);
        return ([.. embeddings.Chunk(encoder.Dimensions)], norms);
    }

    public static void Close(IReadOnlyList<double> expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Count, actual.Length);
        double largest = 0;
        for (var i = 0; i < actual.Length; i++)
        {
            Assert.True(float.IsFinite(actual[i]), $"Element {i} is {actual[i]}.");
            largest = Math.Max(largest, Math.Abs(expected[i] - actual[i]));
        }

        Assert.True(largest <= tolerance, $"Largest difference {largest:E2} is above {tolerance:E2}.");
    }

    public static void Close(float[] expected, float[] actual, double tolerance) =>
        Close(Array.ConvertAll(expected, value => (double)value), actual, tolerance);
}
