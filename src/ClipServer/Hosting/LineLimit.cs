namespace ClipGrpc.Server.Hosting;

/// <summary>How many lines of one event may be written: some at once, then a few per second.</summary>
internal sealed class LineLimit
{
    public const int Burst = 50;
    public const double PerSecond = 1;

    private readonly Lock _lock = new();
    private double _left = Burst;
    private long _at;
    private int _suppressed;
    private LogLevel _level;

    public bool TryTake(LogLevel level, long now, TimeProvider time)
    {
        lock (_lock)
        {
            if (_at != 0)
                _left = Math.Min(Burst, _left + PerSecond * time.GetElapsedTime(_at, now).TotalSeconds);
            _at = now;
            if (_left >= 1)
            {
                _left--;
                return true;
            }

            _suppressed++;
            _level = level;
            return false;
        }
    }

    /// <returns>The lines that were left out since the last call.</returns>
    public int TakeSuppressed(out LogLevel level)
    {
        lock (_lock)
        {
            var count = _suppressed;
            _suppressed = 0;
            level = _level;
            return count;
        }
    }
}
