namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Runs work of the same key once for all callers that request it at the same time. The work continues while any of
/// them waits and is abandoned with the last one; a caller that comes later starts it again. Neither results nor
/// failures are kept.
/// </summary>
internal sealed class SingleFlight<TKey, TResult>(TimeProvider time)
    where TKey : notnull
{
    private readonly Lock _lock = new();

    // By priority too: an interactive caller must not wait for work in the bulk queue.
    private readonly Dictionary<(TKey Key, WorkPriority Priority), Flight> _flights = [];

    public async Task<TResult> RunAsync(TKey key, WorkContext context, Func<SharedWork, Task<TResult>> work)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        while (true)
        {
            var flight = Join(key, context, work, out var started);
            try
            {
                return await flight.Task.WaitAsync(context.CancellationToken);
            }
            catch (ClipException exception) when (!started && FailedForDeadline(exception) && IsInTime(context))
            {
                // The work that it joined failed for another caller's deadline, before this one's could be added.
            }
            finally
            {
                Leave(key, flight);
            }
        }
    }

    private static bool FailedForDeadline(ClipException exception) =>
        exception.Code is ClipErrorCode.DeadlineExceeded or ClipErrorCode.Overloaded;

    private bool IsInTime(WorkContext context) => context.Deadline is not { } deadline || deadline > time.GetUtcNow();

    private Flight Join(TKey key, WorkContext context, Func<SharedWork, Task<TResult>> work, out bool started)
    {
        Flight flight;
        lock (_lock)
        {
            if (_flights.TryGetValue((key, WorkPriority.Interactive), out var running)
                || _flights.TryGetValue((key, context.Priority), out running))
            {
                running.Waiters++;
                running.Work.ExtendDeadline(context.Deadline);
                started = false;
                return running;
            }

            flight = _flights[(key, context.Priority)] = new Flight(new SharedWork(_lock, context));
        }

        // Outside the lock: the work's synchronous part may be long.
        started = true;
        flight.Start(work);
        return flight;
    }

    private void Leave(TKey key, Flight flight)
    {
        lock (_lock)
        {
            if (--flight.Waiters > 0)
                return;
            if (_flights.TryGetValue((key, flight.Work.Priority), out var current) && ReferenceEquals(current, flight))
                _flights.Remove((key, flight.Work.Priority));
        }

        flight.Work.Abandon();
    }

    private sealed class Flight(SharedWork work)
    {
        private readonly TaskCompletionSource<TResult> _completion =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SharedWork Work { get; } = work;

        public int Waiters { get; set; } = 1;

        public Task<TResult> Task => _completion.Task;

        public void Start(Func<SharedWork, Task<TResult>> run) => _ = RunAsync(run);

        private async Task RunAsync(Func<SharedWork, Task<TResult>> run)
        {
            try
            {
                _completion.SetResult(await run(Work));
            }
            catch (OperationCanceledException exception)
            {
                _completion.SetCanceled(exception.CancellationToken);
            }
            catch (Exception exception)
            {
                _completion.SetException(exception);

                // Waiters that have left do not look at it; the ones that stay do.
                _ = _completion.Task.Exception;
            }
        }
    }
}
