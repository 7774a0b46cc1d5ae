using ClipGrpc.Server.Access;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Access;

public sealed class TokenBucketTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void TryTake_FullBucket_GivesTheBurstAndThenTheRate()
    {
        var bucket = new TokenBucket(perSecond: 10, burst: 20, _clock);
        Assert.True(bucket.TryTake(20, out _));
        Assert.False(bucket.TryTake(5, out var retryAfter));
        Assert.Equal(TimeSpan.FromSeconds(0.5), retryAfter);

        _clock.Advance(retryAfter);
        Assert.True(bucket.TryTake(5, out _));
        Assert.False(bucket.TryTake(1, out _));
    }

    [Fact]
    public void TryTake_LongIdle_SavesNoMoreThanTheBurst()
    {
        var bucket = new TokenBucket(perSecond: 10, burst: 20, _clock);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.True(bucket.TryTake(20, out _));
        Assert.False(bucket.TryTake(1, out _));
    }

    [Fact]
    public void TakeItems_MoreThanTheBurst_CanNeverWork()
    {
        var limits = new CallerLimits(new TokenBucket(10, 20, _clock), concurrency: null);
        Assert.Equal(
            ClipErrorCode.InvalidInput, Assert.Throws<ClipException>(() => limits.TakeItems(21)).Code);
    }

    [Fact]
    public void TakeItems_RateReached_SaysWhenToRetry()
    {
        var limits = new CallerLimits(new TokenBucket(10, 20, _clock), concurrency: null);
        limits.TakeItems(20);
        var exception = Assert.Throws<ClipException>(() => limits.TakeItems(1));
        Assert.Equal(ClipErrorCode.Overloaded, exception.Code);
        Assert.Equal(TimeSpan.FromSeconds(0.1), exception.RetryAfter);
    }

    [Fact]
    public void BeginCall_AsManyAsAllowed_RefusesTheNextUntilOneEnds()
    {
        var limits = new CallerLimits(rate: null, concurrency: 2);
        limits.BeginCall();
        limits.BeginCall();
        Assert.Equal(ClipErrorCode.Overloaded, Assert.Throws<ClipException>(limits.BeginCall).Code);
        limits.EndCall();
        limits.BeginCall();
        Assert.Throws<ClipException>(limits.BeginCall);
    }
}
