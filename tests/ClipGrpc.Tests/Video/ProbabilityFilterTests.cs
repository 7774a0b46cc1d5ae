using ClipGrpc.Serving.Video;

namespace ClipGrpc.Tests.Video;

public sealed class ProbabilityFilterTests
{
    private static double Next(ProbabilityFilter filter, double probability, long timestamp) =>
        filter.Next([probability, 1 - probability], timestamp)[0];

    [Fact]
    public void Next_Smoothing_IsTheMovingAverage()
    {
        var filter = new ProbabilityFilter(smoothing: 0.75);
        Assert.Equal(1, Next(filter, 1, 0));
        Assert.Equal(0.75, Next(filter, 0, 0), 1e-12);
        Assert.Equal(0.5625, Next(filter, 0, -5), 1e-12);
    }

    [Fact]
    public void Next_HalfLife_WeighsByTheTimeBetweenFrames()
    {
        var filter = new ProbabilityFilter(smoothing: 0, halfLife: 1000);
        Next(filter, 1, 5000);
        Assert.Equal(0.5, Next(filter, 0, 6000), 1e-12);
        Assert.Equal(0.125, Next(filter, 0, 8000), 1e-12);
        Assert.Equal(0.125, Next(filter, 0, 8000), 1e-12);
    }

    [Fact]
    public void Next_HalfLife_DoesNotDependOnTheFrameRate()
    {
        var (few, many) = (new ProbabilityFilter(0, 1000), new ProbabilityFilter(0, 1000));
        Next(few, 1, 0);
        Next(many, 1, 0);
        for (var time = 100; time < 2000; time += 100)
            Next(many, 0, time);
        Assert.Equal(Next(few, 0, 2000), Next(many, 0, 2000), 1e-12);
    }

    [Fact]
    public void Next_HalfLifeAndTimestampBeforeTheLast_StartsAgain()
    {
        var filter = new ProbabilityFilter(smoothing: 0, halfLife: 1000);
        Next(filter, 1, long.MaxValue);
        Assert.Equal(0.25, Next(filter, 0.25, long.MinValue));
        Assert.Equal(0.75, Next(filter, 0.75, long.MaxValue), 1e-12);
    }

    [Fact]
    public void Restart_NextFrame_HasNoPast()
    {
        var filter = new ProbabilityFilter(smoothing: 0.9);
        Next(filter, 1, 0);
        filter.Restart();
        Assert.Equal(0.25, Next(filter, 0.25, 1));
    }
}
