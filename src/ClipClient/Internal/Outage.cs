namespace ClipGrpc.Client.Internal;

/// <summary>
/// Since when all servers have been unavailable, as all calls of a client have seen it. A long outage is waited for
/// once: calls that begin after <see cref="ClipClientOptions.RetryFor"/> make one attempt, so a batch of a million
/// items does not wait for each of its calls.
/// </summary>
internal sealed class Outage
{
    private readonly Lock _lock = new();
    private long? _start;
    private long _lastFailure;
    private bool _isAnnounced;
    private bool _wasReached;

    /// <summary>An option's time as one that can be compared.</summary>
    public static TimeSpan Bound(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : time;

    /// <summary>
    /// A server responded to an attempt. One that began before the outage says nothing: a server that stops completes
    /// what it had accepted.
    /// </summary>
    /// <param name="attempt">When the attempt began.</param>
    public void Responded(long attempt)
    {
        lock (_lock)
        {
            _wasReached = true;
            if (attempt < _start)
                return;

            _start = null;
            _isAnnounced = false;
        }
    }

    /// <summary>A call found no server available.</summary>
    /// <returns>How long calls are still retried.</returns>
    public TimeSpan Failed(ClipClientException error, ClipClientOptions options)
    {
        var clock = options.TimeProvider;
        lock (_lock)
        {
            _wasReached |= error.IsFromServer;
            var now = clock.GetTimestamp();
            var retryFor = Bound(options.RetryFor);
            var patience = _wasReached ? retryFor : Bound(options.InitialRetryFor ?? options.RetryFor);

            // After a pause without calls nothing is known about the time in between.
            if (_start is null || clock.GetElapsedTime(_lastFailure, now) > retryFor)
                _start = now;
            _lastFailure = now;
            return patience - clock.GetElapsedTime(_start.Value, now);
        }
    }

    /// <returns>True once per outage of servers that had responded before.</returns>
    public bool Announce()
    {
        lock (_lock)
        {
            var isFirst = _wasReached && !_isAnnounced;
            _isAnnounced |= _wasReached;
            return isFirst;
        }
    }
}
