using ClipGrpc.Serving.Video;

namespace ClipGrpc.Tests.Video;

public sealed class FrameRateLimiterTests
{
    private const long Second = 1_000_000;

    private static int Count(double maxFps, IEnumerable<long> timestamps)
    {
        var limiter = new FrameRateLimiter(maxFps);
        return timestamps.Count(limiter.Take);
    }

    [Theory]
    [InlineData(25, 10, 600)]
    [InlineData(25, 25, 1500)]
    [InlineData(30, 25, 1500)]
    [InlineData(30, 1, 60)]
    [InlineData(25, 1000, 1500)]
    [InlineData(29.97, 0.5, 30)]
    public void Take_SteadySource_KeepsTheAverageRate(double sourceFps, double maxFps, int expected)
    {
        var timestamps = Enumerable.Range(0, (int)(60 * sourceFps)).Select(i => (long)(i * Second / sourceFps));
        Assert.InRange(Count(maxFps, timestamps), expected - 1, expected + 1);
    }

    [Fact]
    public void Take_JitterAndRoundedTimestamps_TakesAllOfASourceAtTheRate()
    {
        var random = new Random(1);
        var timestamps = Enumerable.Range(0, 3000)
            .Select(i => (long)(i * Second / 30.0) + random.Next(-2000, 2000) + 1_700_000_000 * Second);
        Assert.InRange(Count(30, timestamps), 2900, 3000);
    }

    [Fact]
    public void Take_AfterAGap_DoesNotCatchUp()
    {
        var limiter = new FrameRateLimiter(1);
        Assert.True(limiter.Take(0));
        Assert.True(limiter.Take(100 * Second));
        Assert.False(limiter.Take((100 * Second) + 1));
        Assert.False(limiter.Take((100 * Second) + 500_000));
        Assert.True(limiter.Take(101 * Second));
    }

    [Fact]
    public void Take_TimestampBeforeTheLast_StartsAgain()
    {
        var limiter = new FrameRateLimiter(1);
        Assert.True(limiter.Take(long.MaxValue));
        Assert.True(limiter.Take(long.MinValue));
        Assert.False(limiter.Take(long.MinValue + 1));
        Assert.True(limiter.Take(long.MaxValue));
    }
}
