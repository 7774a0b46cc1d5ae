namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Times as timestamps of a <see cref="TimeProvider"/>. Unlike wall-clock time they never jump, so a deadline is
/// converted once, on arrival.
/// </summary>
internal sealed class MonotonicClock(TimeProvider time)
{
    public const long Never = long.MaxValue;

    public TimeProvider TimeProvider { get; } = time;

    public long Now => TimeProvider.GetTimestamp();

    /// <summary>At most <see cref="Never"/>. Only the difference is rounded, because a double cannot represent all
    /// timestamps.</summary>
    public long Add(long timestamp, double seconds)
    {
        var difference = Math.Round(seconds * TimeProvider.TimestampFrequency);
        return difference >= Never - timestamp ? Never : timestamp + (long)difference;
    }

    public long Add(long timestamp, TimeSpan span) => Add(timestamp, span.TotalSeconds);

    public TimeSpan Between(long start, long end) => TimeProvider.GetElapsedTime(start, end);

    public double SecondsBetween(long start, long end) => (end - start) / (double)TimeProvider.TimestampFrequency;

    public long ToTimestamp(DateTimeOffset? deadline) =>
        deadline is { } time ? Add(Now, time - TimeProvider.GetUtcNow()) : Never;
}
