using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>
/// What is left at more load than the server can serve, with deadlines; and its memory. The peak has the same
/// deadlines: without them, batches can be so large that they take longer than the deadlines allow. It is the mean of
/// one before the overload and one after, because the speed of a machine that others share drifts.
/// </summary>
internal sealed class OverloadComparison(ComparisonContext context, string name, double times, double least)
    : ServedComparison(context)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    /// <summary>The duration of the overload shows whether memory grows; capacity and peaks need no more.</summary>
    private static readonly TimeSpan LongestPeak = TimeSpan.FromMinutes(1);

    public override ComparisonGoal Goal { get; } = new(
        name,
        FormattableString.Invariant(
            $"goodput of an open loop at {times} × capacity with deadlines of 1 s ÷ at capacity"),
        "goodput_items_per_second", "peak_items_per_second", Least: least);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var embed = Context.Workload("embed");
        var capacity = await Served.ItemsPerSecondAsync(
            embed, Shorten(Context.Closed(Context.Callers)), cancellationToken);
        var atCapacity = Shorten(Context.Open(capacity, Deadline));
        var beforePeak = Served.ProcessorUse;
        var peak = await Served.RunAsync(embed, atCapacity, cancellationToken);
        var beforeOverload = Served.ProcessorUse;
        var peakUse = beforeOverload - beforePeak;
        var start = Context.Time.GetTimestamp() + Context.Time.ToTimestamp(Context.WarmUp);
        var run = Served.RunAsync(embed, Context.Open(times * capacity, Deadline), cancellationToken);
        var memory = MemoryUse.Of(await MemoryUse.SampleAsync(() => Served.ResidentBytes, start, run, Context.Time));
        var result = await run;
        var use = Served.ProcessorUse - beforeOverload;
        var peakAfter = await Served.RunAsync(embed, atCapacity, cancellationToken);
        var besides = new Dictionary<string, object>
        {
            ["p99_ms_of_answered"] = Quantiles.Of(result.Latency).P99,
            ["statuses"] = StatusNames.Line(result.Statuses),
            ["capacity_items_per_second"] = capacity,
            ["peak_items_per_second_before"] = peak.Goodput,
            ["peak_items_per_second_after"] = peakAfter.Goodput,
            ["mean_batch"] = result.MeanBatch,
            ["mean_batch_of_peak"] = peak.MeanBatch,
            ["server_cores_of_peak"] = peakUse.ServerCores,
            ["server_cores"] = use.ServerCores,
            ["driver_cores_of_peak"] = peakUse.DriverCores,
            ["driver_cores"] = use.DriverCores,
        };
        if (memory is not null)
        {
            besides["resident_mib_of_first_quarter"] = ToMebibytes(memory.FirstBytes);
            besides["resident_mib_of_last_quarter"] = ToMebibytes(memory.LastBytes);
        }

        return new Round(result.Goodput, (peak.Goodput + peakAfter.Goodput) / 2, besides);
    }

    private static LoadStep Shorten(LoadStep step) =>
        step with { Duration = step.Duration < LongestPeak ? step.Duration : LongestPeak };

    private static double ToMebibytes(long bytes) => bytes / (double)(1 << 20);
}
