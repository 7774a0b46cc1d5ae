using System.Collections.Concurrent;
using ClipGrpc.LoadTest.Driving;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.FunctionalTests.LoadTest;

public class OpenLoopTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact(Timeout = 30_000)]
    public async Task RunAsync_CallsThatNeverEnd_DoNotHoldBackLaterOnes()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = new ConcurrentDictionary<long, long>();
        var start = _time.GetTimestamp();
        var run = new OpenLoop(_time).RunAsync(
            new ArrivalSchedule(10, TimeSpan.FromSeconds(1)),
            start,
            (number, due) =>
            {
                sent[number] = due;
                return release.Task;
            },
            CancellationToken.None);

        await AdvanceUntilAsync(() => sent.Count == 10);
        Assert.False(run.IsCompleted);
        release.SetResult();
        await run;

        for (var number = 0; number < 10; number++)
            Assert.Equal(number * 100.0, _time.GetElapsedTime(start, sent[number]).TotalMilliseconds, 0.01);
    }

    [Fact(Timeout = 30_000)]
    public async Task RunAsync_ClockJumpsAhead_TellsTheIntendedTimesNotTheLateOnes()
    {
        var lags = new ConcurrentDictionary<long, TimeSpan>();
        var time = new SignalingTime();
        var run = new OpenLoop(time).RunAsync(
            new ArrivalSchedule(10, TimeSpan.FromSeconds(1)),
            time.GetTimestamp(),
            (number, due) =>
            {
                lags[number] = time.GetElapsedTime(due);
                return Task.CompletedTask;
            },
            CancellationToken.None);

        // Not before the wait for the second call has begun: it would be counted from the new time.
        await time.TimerCreated.WaitAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(5)); // a sender that was held up
        await run;

        Assert.Equal(10, lags.Count);
        Assert.Equal(4900, lags[1].TotalMilliseconds, 0.01);
        Assert.Equal(4100, lags[9].TotalMilliseconds, 0.01);
    }

    [Fact(Timeout = 30_000)]
    public async Task RunAsync_Cancelled_Ends()
    {
        using var cancellation = new CancellationTokenSource();
        var run = new OpenLoop(_time).RunAsync(
            new ArrivalSchedule(1, TimeSpan.FromHours(1)), _time.GetTimestamp(), (_, _) => Task.CompletedTask,
            cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }
    }
}
