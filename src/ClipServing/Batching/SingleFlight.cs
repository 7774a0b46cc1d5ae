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

    // The key includes the priority, because an interactive caller must not wait for work in the bulk queue, and
    // whether the work waits for space, because a caller that does not wait must be rejected.
    private readonly Dictionary<(TKey Key, WorkPriority Priority, bool WaitsForRoom), Flight> _flights = [];

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
                // The work failed because of another caller's deadline, before this one's could be added.
            }
            finally
            {
                Leave(key, flight, context);
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
            var running = Find(key, context.Priority, waitsForRoom: false);
            if (running is null && context.WaitsForRoom)
                running = Find(key, context.Priority, waitsForRoom: true);
            if (running is not null)
            {
                running.Work.Join(context);
                started = false;
                return running;
            }

            flight = new Flight(new SharedWork(_lock, context));
            _flights[KeyOf(key, flight)] = flight;
        }

        // Outside the lock, because the synchronous part of the work can be long.
        started = true;
        flight.Start(work);
        return flight;
    }

    private Flight? Find(TKey key, WorkPriority priority, bool waitsForRoom) =>
        _flights.TryGetValue((key, WorkPriority.Interactive, waitsForRoom), out var running)
        || _flights.TryGetValue((key, priority, waitsForRoom), out running)
            ? running
            : null;

    private static (TKey Key, WorkPriority Priority, bool WaitsForRoom) KeyOf(TKey key, Flight flight) =>
        (key, flight.Work.Priority, flight.Work.WaitsForRoom);

    private void Leave(TKey key, Flight flight, WorkContext context)
    {
        lock (_lock)
        {
            if (!flight.Work.Leave(context))
                return;
            if (_flights.TryGetValue(KeyOf(key, flight), out var current) && ReferenceEquals(current, flight))
                _flights.Remove(KeyOf(key, flight));
        }

        flight.Work.Abandon();
    }

    private sealed class Flight(SharedWork work)
    {
        private readonly TaskCompletionSource<TResult> _completion =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SharedWork Work { get; } = work;

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

                // Observed by the callers that still wait.
                _ = _completion.Task.Exception;
            }
        }
    }
}
