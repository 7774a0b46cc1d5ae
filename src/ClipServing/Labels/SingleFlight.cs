namespace ClipGrpc.Serving.Labels;

/// <summary>
/// Runs work of the same key once for all who ask for it at the same time. The work goes on while anyone waits and is
/// cancelled when the last one has gone; who comes after that starts it anew. Results and failures are not kept.
/// </summary>
internal sealed class SingleFlight<TKey, TResult>
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Flight> _flights = [];

    public async Task<TResult> RunAsync(
        TKey key, Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var flight = Join(key, work);
        try
        {
            return await flight.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Leave(key, flight);
        }
    }

    private Flight Join(TKey key, Func<CancellationToken, Task<TResult>> work)
    {
        Flight flight;
        lock (_lock)
        {
            if (_flights.TryGetValue(key, out var running))
            {
                running.Waiters++;
                return running;
            }

            flight = _flights[key] = new Flight { Waiters = 1 };
        }

        // Outside the lock: the work's synchronous part may be long.
        flight.Start(work);
        return flight;
    }

    private void Leave(TKey key, Flight flight)
    {
        lock (_lock)
        {
            if (--flight.Waiters > 0)
                return;
            if (_flights.TryGetValue(key, out var current) && ReferenceEquals(current, flight))
                _flights.Remove(key);
        }

        flight.Abandon();
    }

    private sealed class Flight
    {
        private readonly CancellationTokenSource _abandoned = new();
        private readonly TaskCompletionSource<TResult> _completion =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Waiters { get; set; }

        public Task<TResult> Task => _completion.Task;

        public void Start(Func<CancellationToken, Task<TResult>> work) => _ = RunAsync(work);

        public void Abandon() => _abandoned.Cancel();

        private async Task RunAsync(Func<CancellationToken, Task<TResult>> work)
        {
            try
            {
                _completion.SetResult(await work(_abandoned.Token));
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
