using Grpc.Core;

namespace ClipGrpc.LoadTest.Driving;

/// <summary>
/// Puts a load on a server and measures. Warm-up and measurement are one uninterrupted load. An open loop counts the
/// calls that were meant to be sent in the measured stretch, a closed loop those that were answered in it.
/// </summary>
internal sealed class LoadGenerator(Connections connections, TimeProvider time)
{
    private readonly OpenLoop _openLoop = new(time);
    private long _next;

    /// <summary>Runs one step with one workload.</summary>
    public async Task<LoadResult> RunAsync(IWorkload workload, LoadStep step, CancellationToken cancellationToken) =>
        (await RunAsync([workload], Mix.Parse(workload.Name), step, cancellationToken))[0];

    /// <summary>Runs one step. One result for each workload, in the order of the mix.</summary>
    public async Task<IReadOnlyList<LoadResult>> RunAsync(
        IReadOnlyList<IWorkload> workloads, Mix mix, LoadStep step, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        var start = begin + time.ToTimestamp(step.WarmUp);
        var end = start + time.ToTimestamp(step.Duration);
        var parts = workloads.Select(
            workload => new Part(workload, NewResult(workload, step), new MeasuringWindow(start, end)))
            .ToList();
        if (step.Rate is { } rate)
        {
            await _openLoop.RunAsync(
                new ArrivalSchedule(rate, step.WarmUp + step.Duration),
                begin,
                (number, due) => CallAsync(parts[mix[number]], step, due, cancellationToken),
                cancellationToken);
        }
        else
        {
            await RunClosedAsync(parts, mix, step, end, cancellationToken);
        }

        foreach (var part in parts)
            part.Result.Goodput = part.Window.Rate(time);
        return [.. parts.Select(part => part.Result)];
    }

    private LoadResult NewResult(IWorkload workload, LoadStep step) => new()
    {
        Name = workload.Name,
        Method = workload.Method,
        OfferedRate = step.Rate,
        Callers = step.Callers,
        Started = time.GetUtcNow() + step.WarmUp,
        Duration = step.Duration,
    };

    private async Task RunClosedAsync(
        List<Part> parts, Mix mix, LoadStep step, long end, CancellationToken cancellationToken)
    {
        long turn = -1;
        await Task.WhenAll(Enumerable.Range(0, step.Callers ?? 1).Select(_ => Task.Run(
            async () =>
            {
                while (time.GetTimestamp() < end)
                {
                    var part = parts[mix[Interlocked.Increment(ref turn)]];
                    await CallAsync(part, step, time.GetTimestamp(), cancellationToken);
                }
            },
            cancellationToken)));
    }

    /// <param name="due">The intended time: latency and deadline count from it.</param>
    private async Task CallAsync(Part part, LoadStep step, long due, CancellationToken cancellationToken)
    {
        var lag = time.GetElapsedTime(due);
        var number = Interlocked.Increment(ref _next);
        var deadline = step.Deadline is { } limit ? time.GetUtcNow() - lag + limit : (DateTimeOffset?)null;
        var outcome = lag >= step.Deadline
            ? CallOutcome.Failed(StatusCode.DeadlineExceeded)
            : await part.Workload.CallAsync(connections[number], number, deadline, cancellationToken);
        var answered = time.GetTimestamp();
        lock (part)
        {
            part.Window.Count(answered, outcome.OkItems);
            if (part.Window.Contains(step.Rate is null ? answered : due))
                part.Result.Record(outcome, time.GetElapsedTime(due, answered), lag);
        }
    }

    private sealed record Part(IWorkload Workload, LoadResult Result, MeasuringWindow Window);
}
