namespace ClipGrpc.Serving.Batching;

/// <summary>When the workers of a device or another stage will be free. Written by workers, read by callers.</summary>
internal sealed class DeviceLoad(int workers, MonotonicClock clock)
{
    private readonly long[] _expectedEnds = new long[workers];

    public int Workers => _expectedEnds.Length;

    /// <param name="seconds">The expected duration; 0 before the first measurement.</param>
    public void Start(int worker, double seconds) =>
        Volatile.Write(ref _expectedEnds[worker], seconds <= 0 ? 0 : clock.Add(clock.Now, seconds));

    public void Finish(int worker) => Volatile.Write(ref _expectedEnds[worker], 0);

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
