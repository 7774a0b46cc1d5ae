namespace ClipGrpc.LoadTest.Driving;

/// <summary>
/// Sends calls at their times, whatever becomes of the earlier ones. Each call is told when it was meant to be sent, so
/// that a late sender counts as latency and nothing is omitted.
/// </summary>
internal sealed class OpenLoop(TimeProvider time)
{
    /// <summary>Ends when every call has ended.</summary>
    /// <param name="start">Of the schedule, a timestamp of the time provider: the same that is measured from.</param>
    /// <param name="send">Gets the call's number and its intended timestamp of the time provider.</param>
    public async Task RunAsync(
        ArrivalSchedule schedule, long start, Func<long, long, Task> send, CancellationToken cancellationToken)
    {
        var calls = new List<Task>();
        for (long number = 0; number < schedule.Count; number++)
        {
            var due = start + time.ToTimestamp(schedule.TimeOf(number));
            await WaitUntilAsync(due, time, cancellationToken);
            var call = number;
            calls.Add(Task.Run(() => send(call, due), cancellationToken));
        }

        await Task.WhenAll(calls);
    }

    /// <summary>Waits for a timestamp of the time provider.</summary>
    /// <remarks>Timers count whole milliseconds and cut: up to the next one, so that no call is early.</remarks>
    public static async Task WaitUntilAsync(long due, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var now = time.GetTimestamp(); now < due; now = time.GetTimestamp())
        {
            var left = time.GetElapsedTime(now, due);
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), time, cancellationToken);
        }
    }
}
