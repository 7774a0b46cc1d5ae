using ClipGrpc.LoadTest.Reports;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What the service adds for a lone caller.</summary>
internal sealed class LatencyComparison(ComparisonContext context) : ServedComparison(context)
{
    public override ComparisonGoal Goal { get; } = new(
        "latency", "median latency of 1 caller − (decode + raw batch 1), ms", "served_ms", "raw_ms", "difference_ms",
        IsDifference: true, Most: 3);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var raw = (await OpenRawAsync(cancellationToken))
            .ImageTime(Context.Requests.Images, Context.Duration, cancellationToken);
        var served = await Served.RunAsync(Context.Workload("embed"), Context.Closed(1), cancellationToken);
        return new Round(Quantiles.Of(served.Latency).P50, raw.TotalMilliseconds);
    }
}
