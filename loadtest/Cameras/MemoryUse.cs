namespace ClipGrpc.LoadTest.Cameras;

/// <summary>The memory of the server's process during a run, sampled every second.</summary>
/// <param name="FirstBytes">The median of the first quarter.</param>
/// <param name="LastBytes">The median of the last quarter.</param>
internal sealed record MemoryUse(long FirstBytes, long LastBytes, long MostBytes)
{
    /// <returns>Null: there are no samples.</returns>
    public static MemoryUse? Of(IReadOnlyList<long> samples)
    {
        if (samples.Count == 0)
            return null;

        var quarter = Math.Max(samples.Count / 4, 1);
        return new MemoryUse(Median(samples.Take(quarter)), Median(samples.TakeLast(quarter)), samples.Max());
    }

    private static long Median(IEnumerable<long> samples)
    {
        var ordered = samples.Order().ToArray();
        return ordered[ordered.Length / 2];
    }
}
