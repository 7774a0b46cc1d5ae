using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What the service adds for a lone caller.</summary>
internal sealed class LatencyComparison(ComparisonContext context) : Comparison(context)
{
    private ServedModel? _served;

    public override ComparisonGoal Goal { get; } = new(
        "latency", "median latency of 1 caller − (decode + raw batch 1), ms", "served_ms", "raw_ms", "difference_ms",
        IsDifference: true, Most: 3);

    public override async Task PrepareAsync(CancellationToken cancellationToken) =>
        _served = await StartAsync(ServerKind.Model, cancellationToken);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var raw = (await OpenRawAsync(cancellationToken)).ImageTime(Context.Requests.Images, Context.Duration, cancellationToken);
        var served = await _served!.RunAsync(Context.Workload("embed"), Context.Closed(1), cancellationToken);
        return new Round(Quantiles.Of(served.Latency).P50, raw.TotalMilliseconds);
    }
}
