using Grpc.Core;

namespace ClipGrpc.Cli.Benchmarks;

/// <summary>Puts a load on a server and measures it. Warm-up and measurement are one uninterrupted load.</summary>
/// <param name="call">
/// Makes one call of so many items, by its number from 0, within the time that is left to it. A status other than OK is
/// an outcome, not an exception.
/// </param>
internal sealed class LoadDriver(
    Func<int, long, TimeSpan, CancellationToken, Task<CallOutcome>> call, BenchPlan plan, TimeProvider time)
{
    private long _next = -1;

    public async Task<StepResult> RunAsync(BenchStep step, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        var start = begin + ToTimestamp(plan.WarmUp);
        var end = start + ToTimestamp(plan.Duration);
        var recorder = new StepRecorder(step, start, end, time);
        if (step.Rate is { } rate)
            await RunOpenAsync(step, rate, begin, end, recorder, cancellationToken);
        else
            await RunClosedAsync(step, end, recorder, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return recorder.ToResult();
    }

    private Task RunClosedAsync(
        BenchStep step, long end, StepRecorder recorder, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, step.Callers ?? 1).Select(_ => Task.Run(
            async () =>
            {
                while (time.GetTimestamp() < end)
                    await CallAsync(step, time.GetTimestamp(), recorder, cancellationToken);
            },
            cancellationToken)));

    // Calls are sent at their times, however long the earlier ones take, and their latency counts from these times: a
    // server that stops for a second is seen by all calls that were due in that second, not only by those under way.
    private async Task RunOpenAsync(
        BenchStep step, double rate, long begin, long end, StepRecorder recorder, CancellationToken cancellationToken)
    {
        var calls = new List<Task>();
        // Not summed up, so that no error grows.
        for (long number = 0; DueAt(number) is var due && due < end; number++)
        {
            await WaitUntilAsync(due, cancellationToken);
            calls.Add(Task.Run(() => CallAsync(step, due, recorder, cancellationToken), cancellationToken));
        }

        await Task.WhenAll(calls);

        long DueAt(long number) => begin + ToTimestamp(TimeSpan.FromSeconds(number / rate));
    }

    private async Task CallAsync(
        BenchStep step, long due, StepRecorder recorder, CancellationToken cancellationToken)
    {
        var lag = time.GetElapsedTime(due);
        var outcome = lag >= plan.Deadline
            ? CallOutcome.Failed(StatusCode.DeadlineExceeded)
            : await call(step.ItemsPerCall, Interlocked.Increment(ref _next), plan.Deadline - lag, cancellationToken);
        recorder.Record(outcome, due, lag, time.GetTimestamp());
    }

    // Timers count whole milliseconds and cut: up to the next one, so that no call is early.
    private async Task WaitUntilAsync(long due, CancellationToken cancellationToken)
    {
        for (var now = time.GetTimestamp(); now < due; now = time.GetTimestamp())
        {
            var left = time.GetElapsedTime(now, due);
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), time, cancellationToken);
        }
    }

    private long ToTimestamp(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
