using ClipGrpc.Serving.Batching;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Batching;

public sealed class DeviceLoadTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly DeviceLoad _load;

    public DeviceLoadTests() => _load = new DeviceLoad(workers: 2, new MonotonicClock(_time));

    [Fact]
    public void CopyTo_BatchRuns_IsTheTimeToItsExpectedEnd()
    {
        _load.Start(1, 10);
        _time.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal([0, 6], SecondsUntilFree());
    }

    [Fact]
    public void CopyTo_BatchOverruns_IsTheTimeOfTheOverrun()
    {
        _load.Start(0, 10);
        _time.Advance(TimeSpan.FromSeconds(13));

        Assert.Equal([3, 0], SecondsUntilFree());
    }

    [Fact]
    public void CopyTo_BatchIsEnding_IsStillTheTimeToItsEnd()
    {
        _load.Start(0, 10);
        _time.Advance(TimeSpan.FromSeconds(8));
        _load.BeginEnding(0);
        _load.Finish(0);

        Assert.Equal([2, 0], SecondsUntilFree());
    }

    [Fact]
    public void Start_BatchIsEnding_EndsAfterIt()
    {
        _load.Start(0, 10);
        _time.Advance(TimeSpan.FromSeconds(8));
        _load.BeginEnding(0);
        _load.Start(0, 10);

        Assert.Equal([12, 0], SecondsUntilFree());
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 10)]
    [InlineData(5, 10)]
    public void Ended_OtherHasBegun_ItHasTheWorkerToItselfSinceThen(int seconds, double expected)
    {
        _load.Start(0, 10);
        _time.Advance(TimeSpan.FromSeconds(8));
        _load.BeginEnding(0);
        _load.Start(0, 10);
        _time.Advance(TimeSpan.FromSeconds(seconds)); // expected: 2

        _load.Ended(0);

        Assert.Equal([expected, 0], SecondsUntilFree());
    }

    [Fact]
    public void Ended_OtherWithoutMeasurementHasBegun_NothingIsExpected()
    {
        _time.Advance(TimeSpan.FromDays(1));
        _load.Start(0, 10);
        _load.BeginEnding(0);
        _load.Start(0, 0);
        _time.Advance(TimeSpan.FromSeconds(1));

        _load.Ended(0);

        Assert.Equal([0, 0], SecondsUntilFree());
    }

    [Fact]
    public void Ended_EarlierThanExpectedManyTimes_DoesNotAddUp()
    {
        _load.Start(0, 10);
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(8));
            _load.BeginEnding(0);
            _load.Start(0, 10);
            _load.Ended(0);
        }

        Assert.Equal([10, 0], SecondsUntilFree());
    }

    [Fact]
    public void Ended_NoOtherHasBegun_IsFree()
    {
        _load.Start(0, 10);
        _load.BeginEnding(0);
        _load.Ended(0);

        Assert.Equal([0, 0], SecondsUntilFree());
    }

    private double[] SecondsUntilFree()
    {
        var seconds = new double[2];
        _load.CopyTo(seconds);
        return seconds;
    }
}
