using ClipGrpc.Serving.Labels;

namespace ClipGrpc.Tests.Serving;

public sealed class SimilarityTests
{
    [Fact]
    public void Softmax_LargeScale_SumsToOneWithoutOverflow()
    {
        var probabilities = Similarity.Softmax([0.31f, 0.30f, -1f, 1f], 10_000f);

        Assert.Equal(1, probabilities.Sum(), 1e-12);
        Assert.Equal(1, probabilities[3], 1e-12);
    }

    [Fact]
    public void Softmax_KnownValues_Match()
    {
        var probabilities = Similarity.Softmax([0.1f, 0.2f], 10f);

        Assert.Equal(1 / (1 + Math.E), probabilities[0], 1e-6);
        Assert.Equal(Math.E / (1 + Math.E), probabilities[1], 1e-6);
    }

    [Fact]
    public void Softmax_Empty_IsEmpty() => Assert.Empty(Similarity.Softmax([], 100f));

    [Theory]
    [InlineData(0, new[] { 1, 3, 0, 2 })]
    [InlineData(2, new[] { 1, 3 })]
    [InlineData(99, new[] { 1, 3, 0, 2 })]
    public void Top_SomeOfThem_AreBestFirst(int count, int[] expected)
    {
        var top = Similarity.Top([0.2f, 0.9f, 0.1f, 0.5f], [0.2, 0.5, 0.05, 0.25], count);

        Assert.Equal(expected, top.Select(scored => scored.Index));
        Assert.Equal(0.9f, top[0].Cosine);
        Assert.Equal(0.5f, top[0].Probability);
    }

    [Fact]
    public void Top_EqualProbabilities_KeepTheirOrder()
    {
        var top = Similarity.Top([0f, 0f, 0f, 0f], [0.25, 0.25, 0.25, 0.25], 3);
        Assert.Equal([0, 1, 2], top.Select(scored => scored.Index));
    }

    [Theory]
    [InlineData(100f)]
    [InlineData(1000f)]
    [InlineData(2000f)]
    public void Top_ProbabilitiesUnderflow_AreOrderedByCosine(float scale)
    {
        float[] cosines = [0.9f, 0.1f, 0.2f, 0.3f];

        var top = Similarity.Top(cosines, Similarity.Softmax(cosines, scale), 0);

        Assert.Equal([0, 3, 2, 1], top.Select(scored => scored.Index));
    }

    [Fact]
    public void Softmax_OneIsNotANumber_HasNoProbabilityAndComesLast()
    {
        float[] cosines = [0.2f, float.NaN, 0.9f];

        var probabilities = Similarity.Softmax(cosines, 100f);

        Assert.Equal(0, probabilities[1]);
        Assert.Equal(1, probabilities.Sum(), 1e-12);
        Assert.Equal([2, 0, 1], Similarity.Top(cosines, probabilities, 0).Select(scored => scored.Index));
    }

    [Fact]
    public void Cosines_UnitRows_AreDotProducts()
    {
        var set = new LabelSet("id", "m", new LabelSetDefinition(["a", "b"], ["{}"]), [1f, 0f, 0.6f, 0.8f], 2);
        var cosines = Similarity.Cosines([0.8f, 0.6f], set);

        Assert.Equal(0.8f, cosines[0], 1e-6f);
        Assert.Equal(0.96f, cosines[1], 1e-6f);
    }
}
