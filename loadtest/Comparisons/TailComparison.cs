using ClipGrpc.LoadTest.Reports;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>How long the unlucky wait on a busy server.</summary>
internal sealed class TailComparison(ComparisonContext context) : ServedComparison(context)
{
    private const double Load = 0.8;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1); // none that matters

    public override ComparisonGoal Goal { get; } = new(
        "tail", "p99 at 80 % of capacity ÷ time of one full batch", "p99_ms", "full_batch_ms", Most: 2.5);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var embed = Context.Workload("embed");
        var full = (await OpenRawAsync(cancellationToken))
            .BatchTime(Context.MaxBatch, Context.Duration, cancellationToken);
        var capacity = await Served.ItemsPerSecondAsync(embed, Context.Closed(Context.Callers), cancellationToken);
        var result = await Served.RunAsync(embed, Context.Open(Load * capacity, Deadline), cancellationToken);
        return new Round(Quantiles.Of(result.Latency).P99, full.TotalMilliseconds, new Dictionary<string, object>
        {
            ["capacity_items_per_second"] = capacity,
            ["p50_ms"] = Quantiles.Of(result.Latency).P50,
            ["mean_batch"] = result.MeanBatch,
            ["statuses"] = StatusNames.Line(result.Statuses),
        });
    }
}
