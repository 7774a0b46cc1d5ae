namespace ClipGrpc.Server.Access;

/// <summary>A rate with bursts: so many tokens per second, saved up to a bound. Thread-safe.</summary>
internal sealed class TokenBucket
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private double _tokens;
    private long _updated;

    public TokenBucket(double perSecond, int burst, TimeProvider time)
    {
        PerSecond = perSecond;
        Burst = burst;
        _time = time;
        _tokens = burst;
        _updated = time.GetTimestamp();
    }

    public double PerSecond { get; }

    /// <summary>The most that can be taken at once.</summary>
    public int Burst { get; }

    /// <param name="count">At most <see cref="Burst"/>.</param>
    /// <param name="retryAfter">When there will be enough, if nobody else takes any.</param>
    public bool TryTake(int count, out TimeSpan retryAfter)
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            _tokens = Math.Min(Burst, _tokens + (_time.GetElapsedTime(_updated, now).TotalSeconds * PerSecond));
            _updated = now;
            if (_tokens >= count)
            {
                _tokens -= count;
                retryAfter = TimeSpan.Zero;
                return true;
            }

            retryAfter = TimeSpan.FromSeconds((count - _tokens) / PerSecond);
            return false;
        }
    }
}
