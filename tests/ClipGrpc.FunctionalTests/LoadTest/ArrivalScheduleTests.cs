using ClipGrpc.LoadTest;
using ClipGrpc.LoadTest.Driving;

namespace ClipGrpc.FunctionalTests.LoadTest;

public class ArrivalScheduleTests
{
    [Theory]
    [InlineData(10, 2, 20)]
    [InlineData(0.3, 10, 3)]
    [InlineData(2.5, 1, 3)]
    [InlineData(1000, 0.0005, 1)]
    public void Count_RateAndDuration_IsTheCallsBeforeTheEnd(double rate, double seconds, long expected)
    {
        var schedule = new ArrivalSchedule(rate, TimeSpan.FromSeconds(seconds));

        Assert.Equal(expected, schedule.Count);
        Assert.True(schedule.TimeOf(schedule.Count - 1) < schedule.Duration);
        Assert.True(schedule.TimeOf(schedule.Count) >= schedule.Duration);
    }

    [Fact]
    public void TimeOf_ManyCalls_DoesNotDrift()
    {
        var schedule = new ArrivalSchedule(7, TimeSpan.FromHours(1));

        Assert.Equal(TimeSpan.FromSeconds(1000), schedule.TimeOf(7000));
    }

    [Fact]
    public void Steps_LastOnAStep_IsIncluded() =>
        Assert.Equal([20, 40, 60], ArrivalSchedule.Steps(20, 60, 20));

    [Fact]
    public void Steps_FractionsThatDoNotAddUpExactly_IncludeTheLast() =>
        Assert.Equal(3, ArrivalSchedule.Steps(0.1, 0.3, 0.1).Count);

    [Theory]
    [InlineData(0, 10, 1)]
    [InlineData(10, 5, 1)]
    [InlineData(10, 20, 0)]
    public void Steps_NoSteps_AreRefused(double first, double last, double step) =>
        Assert.Throws<LoadTestException>(() => ArrivalSchedule.Steps(first, last, step));
}
