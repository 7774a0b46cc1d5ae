namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What of the runtime's speed reaches the callers.</summary>
internal sealed class SaturationComparison(ComparisonContext context) : ServedComparison(context)
{
    private int _bestBatch;

    public override ComparisonGoal Goal { get; } = new(
        "saturation", "served images/s at saturation ÷ raw ONNX Runtime at its best batch", "served_items_per_second",
        "raw_items_per_second", Least: 0.93);

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        _bestBatch = await FindBestBatchAsync(cancellationToken);
        await base.PrepareAsync(cancellationToken);
    }

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var raw = (await OpenRawAsync(cancellationToken))
            .ItemsPerSecond(_bestBatch, Context.Duration, cancellationToken);
        var served = await Served.RunAsync(
            Context.Workload("embed"), Context.Closed(Context.Callers), cancellationToken);
        return new Round(served.Goodput, raw, new Dictionary<string, object>
        {
            ["raw_batch"] = _bestBatch,
            ["served_mean_batch"] = served.MeanBatch,
            ["statuses"] = Reports.StatusNames.Line(served.Statuses),
        });
    }
}
