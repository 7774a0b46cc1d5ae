using ClipGrpc.LoadTest.Driving;

namespace ClipGrpc.LoadTest.Serving;

/// <summary>The memory of the server's process during a run, sampled every second.</summary>
/// <param name="FirstBytes">The median of the first quarter.</param>
/// <param name="LastBytes">The median of the last quarter.</param>
internal sealed record MemoryUse(long FirstBytes, long LastBytes, long MostBytes)
{
    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(1);

    /// <summary>Samples the memory every second.</summary>
    /// <param name="start">The time of the first sample.</param>
    /// <param name="run">When it ends, so do the samples.</param>
    public static async Task<IReadOnlyList<long>> SampleAsync(
        Func<long> residentBytes, long start, Task run, TimeProvider time)
    {
        var samples = new List<long>();
        for (var next = start; !run.IsCompleted; next += time.ToTimestamp(SampleInterval))
        {
            if (await Task.WhenAny(OpenLoop.WaitUntilAsync(next, time, CancellationToken.None), run) != run)
                samples.Add(residentBytes());
        }

        return samples;
    }

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
