using ClipGrpc.LoadTest.Reports;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What is left at twice the load that the server can serve, with deadlines.</summary>
internal sealed class OverloadComparison(ComparisonContext context) : ServedComparison(context)
{
    private const double Overload = 2;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    public override ComparisonGoal Goal { get; } = new(
        "overload", "goodput of an open loop at 2 × capacity with deadlines of 1 s ÷ peak", "goodput_items_per_second",
        "peak_items_per_second", Least: 0.9);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var embed = Context.Workload("embed");
        var peak = await Served.ItemsPerSecondAsync(embed, Context.Closed(Context.Callers), cancellationToken);
        var result = await Served.RunAsync(embed, Context.Open(Overload * peak, Deadline), cancellationToken);
        return new Round(result.Goodput, peak, new Dictionary<string, object>
        {
            ["p99_ms_of_answered"] = Quantiles.Of(result.Latency).P99,
            ["statuses"] = StatusNames.Line(result.Statuses),
            ["mean_batch"] = result.MeanBatch,
        });
    }
}
