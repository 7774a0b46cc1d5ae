using ClipGrpc.Models.Graphs;

namespace ClipGrpc.Tests.Inference;

public sealed class ByteMatrixTests
{
    [Theory]
    [InlineData(1, 1, 127)]
    [InlineData(3, 200, 127)]
    [InlineData(130, 65, 127)]
    [InlineData(130, 65, 63)]
    public void Quantize_AnyShape_IsWithinHalfAStepOfTheWeightAndTransposed(
        int inputs, int outputs, int magnitude)
    {
        var random = new Random(inputs);
        float[] weight =
            [.. Enumerable.Range(0, inputs * outputs).Select(i => (random.NextSingle() - 0.5f) * (1 + i / inputs))];
        var matrix = ByteMatrix.Quantize(weight, inputs, outputs, magnitude);
        for (var output = 0; output < outputs; output++)
        {
            for (var input = 0; input < inputs; input++)
            {
                var restored = (sbyte)matrix.Values[input * outputs + output] * matrix.Scales[output];
                Assert.InRange((sbyte)matrix.Values[input * outputs + output], -magnitude, magnitude);
                Assert.Equal(weight[output * inputs + input], restored, 0.501f * matrix.Scales[output]);
            }
        }
    }

    [Fact]
    public void Quantize_RowOfZeros_StaysZero()
    {
        var matrix = ByteMatrix.Quantize(new float[8], 4, 2, 127);
        Assert.All(matrix.Values, value => Assert.Equal(0, value));
        Assert.All(matrix.Scales, scale => Assert.True(float.IsFinite(scale)));
    }

    [Fact]
    public void Quantize_LargestOfARow_Is127()
    {
        var matrix = ByteMatrix.Quantize(new float[] { 1, -2, 30, 10 }, 2, 2, 127);
        Assert.Equal([64, 127, unchecked((byte)-127), 42], matrix.Values);
    }
}
