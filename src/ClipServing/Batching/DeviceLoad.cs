namespace ClipGrpc.Serving.Batching;

/// <summary>When the workers of a device or another stage will be free. Written by workers, read by callers.</summary>
internal sealed class DeviceLoad(int workers, MonotonicClock clock)
{
    private readonly long[] _expectedEnds = new long[workers];

    // Of batches that are ending while the worker can already begin another; 0: none.
    private readonly long[] _endings = new long[workers];

    public int Workers => _expectedEnds.Length;

    /// <param name="seconds">The expected duration; 0 before the first measurement.</param>
    public void Start(int worker, double seconds)
    {
        var from = Math.Max(clock.Now, Volatile.Read(ref _endings[worker]));
        Volatile.Write(ref _expectedEnds[worker], seconds <= 0 ? 0 : clock.Add(from, seconds));
    }

    public void Finish(int worker) => Volatile.Write(ref _expectedEnds[worker], Volatile.Read(ref _endings[worker]));

    /// <summary>The worker can begin another batch, which will end after this one.</summary>
    public void BeginEnding(int worker) =>
        Volatile.Write(ref _endings[worker], Volatile.Read(ref _expectedEnds[worker]));

    /// <summary>The batch for which <see cref="BeginEnding"/> was called has ended.</summary>
    public void Ended(int worker)
    {
        var expected = Volatile.Read(ref _endings[worker]);
        Volatile.Write(ref _endings[worker], 0);
        if (Volatile.Read(ref _expectedEnds[worker]) == expected)
            Volatile.Write(ref _expectedEnds[worker], 0); // no other has begun
    }

    /// <summary>
    /// Seconds until each worker is free. A worker that has overrun its expected duration by t is expected to take
    /// another t: it can be slightly late, or stuck.
    /// </summary>
    public void CopyTo(Span<double> secondsUntilFree)
    {
        var now = clock.Now;
        for (var worker = 0; worker < _expectedEnds.Length; worker++)
        {
            var end = Volatile.Read(ref _expectedEnds[worker]);
            secondsUntilFree[worker] = end == 0 ? 0 : Math.Abs(clock.SecondsBetween(now, end));
        }
    }
}
