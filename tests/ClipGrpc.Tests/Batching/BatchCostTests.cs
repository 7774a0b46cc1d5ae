using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

public sealed class BatchCostTests
{
    [Fact]
    public void LargestSize_NothingMeasured_IsTheMaximum() => Assert.Equal(32, BatchCost.Unknown.LargestSize(1, 32));

    [Theory]
    [InlineData(0.0, 0.04, 1, 8)] // no overhead seen: the least
    [InlineData(0.008, 0.04, 1, 10)] // a CPU
    [InlineData(0.5, 0.04, 1, 32)] // a GPU
    [InlineData(0.008, 0.001, 40, 10)] // by padded length
    public void LargestSize_Measured_EndsWhereMoreGainsLittle(double alpha, double beta, int length, int expected) =>
        Assert.Equal(expected, new BatchCost(alpha, beta, 0).LargestSize(length, 32));

    [Fact]
    public void LargestSize_SmallMaximum_IsNotExceeded() =>
        Assert.Equal(4, new BatchCost(0, 0.04, 0).LargestSize(1, 4));
}
