namespace ClipGrpc.Serving.Batching;

/// <summary>When the workers of a device or another stage will be free. Written by workers, read by callers.</summary>
internal sealed class DeviceLoad(int workers, MonotonicClock clock)
{
    private readonly Lock _lock = new();
    private readonly Worker[] _workers = new Worker[workers];

    public int Workers => _workers.Length;

    /// <param name="seconds">The expected duration; 0 before the first measurement.</param>
    public void Start(int worker, double seconds)
    {
        lock (_lock)
        {
            ref var load = ref _workers[worker];
            load.Begin = Math.Max(clock.Now, load.EndOfPrevious);
            load.End = seconds <= 0 ? 0 : clock.Add(load.Begin, seconds);
        }
    }

    public void Finish(int worker)
    {
        lock (_lock)
            _workers[worker].End = _workers[worker].EndOfPrevious;
    }

    /// <summary>The worker can begin another batch, which will end after this one.</summary>
    public void BeginEnding(int worker)
    {
        lock (_lock)
            _workers[worker].EndOfPrevious = _workers[worker].End;
    }

    /// <summary>
    /// The batch for which <see cref="BeginEnding"/> was called has ended. The next one, if it has begun, has had the
    /// worker to itself since then: if the first one took less or more time than expected, so would all that follow.
    /// </summary>
    public void Ended(int worker)
    {
        lock (_lock)
        {
            ref var load = ref _workers[worker];
            var isKnown = load.End != 0 && load.End != load.EndOfPrevious;
            load.End = isKnown ? load.End + clock.Now - load.Begin : 0;
            load.EndOfPrevious = 0;
        }
    }

    /// <summary>
    /// Seconds until each worker is free. A worker that has overrun its expected duration by t is expected to take
    /// another t: it can be slightly late, or stuck.
    /// </summary>
    public void CopyTo(Span<double> secondsUntilFree)
    {
        var now = clock.Now;
        lock (_lock)
        {
            for (var worker = 0; worker < _workers.Length; worker++)
            {
                var end = _workers[worker].End;
                secondsUntilFree[worker] = end == 0 ? 0 : Math.Abs(clock.SecondsBetween(now, end));
            }
        }
    }

    /// <summary>The batches of one worker, as timestamps; 0: none.</summary>
    private struct Worker
    {
        public long Begin;
        public long End;

        /// <summary>The end of a batch that is ending while the worker can already begin another.</summary>
        public long EndOfPrevious;
    }
}
