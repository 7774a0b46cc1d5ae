using ClipGrpc.Serving;

namespace ClipGrpc.Server.Health;

/// <summary>How far the server is on its way to stop.</summary>
internal sealed class DrainState : IReadiness
{
    // Hold nothing that needs disposal: no timer, no handle.
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _expired = new();

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _streamsEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _streams;
    private int _calls;
    private volatile bool _draining;

    public bool IsReady => !_draining;

    /// <summary>
    /// Fires when the drain delay is over: streams and long calls end from then on. The host's ApplicationStopping
    /// fires before the delay, while callers are still sent here.
    /// </summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>Fires when the time for stopping is over: every call that is still open ends as UNAVAILABLE.</summary>
    public CancellationToken Expired => _expired.Token;

    /// <summary>Ends when the server closes and no stream runs any more.</summary>
    public Task StreamsEnded => _streamsEnded.Task;

    public bool HasStreams
    {
        get
        {
            lock (_lock)
                return _streams > 0;
        }
    }

    /// <summary>Runs a stream, which the stop of the server waits for.</summary>
    public async Task RunStreamAsync(Func<Task> stream)
    {
        lock (_lock)
            _streams++;
        try
        {
            await stream();
        }
        finally
        {
            lock (_lock)
            {
                _streams--;
                CompleteIfEnded();
            }
        }
    }

    /// <returns>How many calls are open now.</returns>
    public int CallStarted() => Interlocked.Increment(ref _calls);

    public void CallEnded() => Interlocked.Decrement(ref _calls);

    public string Describe() => _draining ? "The server is shutting down." : "The server accepts calls.";

    public void Begin() => _draining = true;

    public void Close()
    {
        _closing.Cancel();
        lock (_lock)
            CompleteIfEnded();
    }

    /// <summary>The time for stopping is over.</summary>
    /// <returns>The number of calls that were open.</returns>
    public int Expire()
    {
        var open = Volatile.Read(ref _calls);
        _expired.Cancel();
        return open;
    }

    private void CompleteIfEnded()
    {
        if (_streams == 0 && _closing.IsCancellationRequested)
            _streamsEnded.TrySetResult();
    }
}
