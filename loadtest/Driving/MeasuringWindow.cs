namespace ClipGrpc.LoadTest.Driving;

/// <summary>
/// Counts items answered in a stretch of time. Responses come in clumps, a batch at a time, so the rate is taken from
/// the last response before the stretch to the last one in it: whole batches over the time that they took. Not
/// thread-safe.
/// </summary>
internal sealed class MeasuringWindow(long start, long end)
{
    private long? _lastBefore;
    private long? _last;
    private long _items;

    public bool Contains(long timestamp) => timestamp >= start && timestamp < end;

    public void Count(long answered, int items)
    {
        if (items == 0)
            return;
        if (answered < start)
        {
            _lastBefore = Math.Max(_lastBefore ?? answered, answered);
        }
        else if (answered < end)
        {
            _last = Math.Max(_last ?? answered, answered);
            _items += items;
        }
    }

    /// <summary>Items a second; 0 when none was answered.</summary>
    public double Rate(TimeProvider time) =>
        _last is { } last && last > (_lastBefore ?? start)
            ? _items / time.GetElapsedTime(_lastBefore ?? start, last).TotalSeconds
            : 0;
}
