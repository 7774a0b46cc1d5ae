using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

public sealed class BatchCostModelTests
{
    private readonly BatchCostModel _model = new();

    [Fact]
    public void Cost_NothingMeasured_IsUnknown() => Assert.Equal(BatchCost.Unknown, _model.Cost);

    [Fact]
    public void Observe_OneSize_IsProportional()
    {
        Observe(8, 0.4);
        Assert.Equal(0.4, _model.Cost.Seconds(8), 9);
        Assert.Equal(0.8, _model.Cost.Seconds(16), 9);
    }

    [Fact]
    public void Observe_PointsOnALine_FindsTheLine()
    {
        foreach (var size in (int[])[1, 2, 4, 8, 16, 32])
            Observe(size, 0.05 + 0.01 * size);
        Assert.Equal(0.05, _model.Cost.Alpha, 6);
        Assert.Equal(0.01, _model.Cost.Beta, 6);
        Assert.Equal(0.37, _model.Cost.Seconds(32), 6);
    }

    [Fact]
    public void Observe_OneSizeForLong_KeepsTheSlope()
    {
        Observe(1, 0.06);
        Observe(32, 0.37);
        var random = new Random(1);
        for (var i = 0; i < 5000; i++)
            Observe(32, 0.37 + 0.01 * (random.NextDouble() - 0.5));
        Assert.InRange(_model.Cost.Seconds(1), 0.05, 0.07);
        Assert.InRange(_model.Cost.Seconds(32), 0.36, 0.38);
    }

    [Fact]
    public void Observe_DeviceBecomesSlower_Follows()
    {
        Observe(1, 0.06);
        Observe(32, 0.37);
        for (var i = 0; i < 100; i++)
            Observe(32, 0.74);
        Assert.InRange(_model.Cost.Seconds(32), 0.70, 0.78);
    }

    [Fact]
    public void Observe_LargeBatchesWereDisturbed_SmallOnesKeepTheirOwnCost()
    {
        foreach (var size in (int[])[1, 2, 4, 8, 16, 32])
            Observe(size, 0.04 * size);
        for (var i = 0; i < 20; i++)
            Observe(16, 3 * 0.04 * 16);

        for (var i = 0; i < 20; i++)
            Observe(3, 0.04 * 3);

        Assert.InRange(_model.Cost.Seconds(3), 0.11, 0.13);
        Assert.InRange(_model.Cost.Deviation, 0, 0.25);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.4)]
    public void Observe_DurationsVary_FewBatchesTakeLongerThanTheCautiousEstimate(double spread)
    {
        var random = new Random(3);
        var longer = 0;
        for (var i = 0; i < 2_000; i++)
        {
            var size = random.Next(1, 33);
            var seconds = (0.01 + 0.04 * size) * (1 + spread * (2 * random.NextDouble() - 1));
            longer += i >= 100 && seconds > _model.Cost.CautiousSeconds(size) ? 1 : 0;
            Observe(size, seconds);
        }

        Assert.InRange(longer, 0, 190); // a tenth
    }

    [Fact]
    public void Observe_OneOutlier_MovesLittleAndRecovers()
    {
        for (var i = 0; i < 20; i++)
            Observe(8, 0.1);
        Observe(8, 1000);
        Assert.InRange(_model.Cost.Seconds(8), 0.1, 0.2);
        for (var i = 0; i < 30; i++)
            Observe(8, 0.1);
        Assert.InRange(_model.Cost.Seconds(8), 0.1, 0.101);
    }

    [Fact]
    public void Observe_LargerBatchFaster_IsFlatNotFalling()
    {
        Observe(1, 0.5);
        Observe(32, 0.1);
        Assert.Equal(0, _model.Cost.Beta);
        Assert.InRange(_model.Cost.Alpha, 0.1, 0.5);
    }

    [Fact]
    public void Observe_Anything_IsNeverNegative()
    {
        var random = new Random(2);
        for (var i = 0; i < 20_000; i++)
        {
            Observe(random.Next(1, 3000), Math.Pow(random.NextDouble(), 4));
            var cost = _model.Cost;
            Assert.True(cost.Alpha >= 0 && cost.Beta >= 0 && double.IsFinite(cost.Alpha + cost.Beta), cost.ToString());
            Assert.InRange(cost.Deviation, 0, 1);
        }
    }

    [Fact]
    public void Observe_ZeroTimes_StaysUsable()
    {
        Observe(1, 0);
        Observe(8, 0);
        Assert.Equal(0, _model.Cost.Seconds(100));
        Assert.Equal(1, _model.Cost.EfficientSize(1, 32));
    }

    [Theory]
    [InlineData(0.057, 0.062, 4)] // a CPU: a small batch is nearly as good as a large one
    [InlineData(0.004, 0.0001, 32)] // a GPU: only a large one is
    [InlineData(0, 0.1, 1)]
    [InlineData(0.1, 0, 32)]
    public void EfficientSize_AlphaAndBeta_WeighsOverhead(double alpha, double beta, int expected) =>
        Assert.Equal(expected, new BatchCost(alpha, beta, 0).EfficientSize(1, 32));

    private void Observe(int units, double seconds) => _model.Observe(units, TimeSpan.FromSeconds(seconds));
}
