namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What of the runtime's speed reaches the callers.</summary>
internal sealed class SaturationComparison(ComparisonContext context) : RawAndServedComparison(context)
{
    public override ComparisonGoal Goal { get; } = new(
        "saturation", "served images/s at saturation ÷ raw ONNX Runtime at its best batch", "served_items_per_second",
        "raw_items_per_second", Least: 0.93);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var raw = (await OpenRawAsync(cancellationToken))
            .ItemsPerSecond(BestBatch, Context.Duration, cancellationToken);
        var served = await Served.RunAsync(
            Context.Workload("embed"), Context.Closed(Context.Callers), cancellationToken);
        return new Round(served.Goodput, raw, new Dictionary<string, object>
        {
            ["raw_batch"] = BestBatch,
            ["served_mean_batch"] = served.MeanBatch,
            ["statuses"] = Reports.StatusNames.Line(served.Statuses),
        });
    }
}
