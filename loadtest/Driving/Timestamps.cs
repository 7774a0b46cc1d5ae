namespace ClipGrpc.LoadTest.Driving;

internal static class Timestamps
{
    /// <summary>A time span in the unit of <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public static long ToTimestamp(this TimeProvider time, TimeSpan span) =>
        (long)(span.TotalSeconds * time.TimestampFrequency);
}
