namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>
/// What is served of what the cores could do: each image is decoded on one core and encoded on all of them, and nothing
/// else takes time.
/// </summary>
internal sealed class CeilingComparison(ComparisonContext context) : RawAndServedComparison(context)
{
    public override ComparisonGoal Goal { get; } = new(
        "ceiling", "served images/s with 32 callers ÷ 1 / (1 / raw + core-seconds of decoding / cores)",
        "served_items_per_second", "ceiling_items_per_second", Least: 0.93);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var raw = await OpenRawAsync(cancellationToken);
        var encoded = raw.ItemsPerSecond(BestBatch, Context.Duration, cancellationToken);
        var decoding = raw.DecodeTime(Context.Requests.Images, Context.Duration, cancellationToken).TotalSeconds;
        var ceiling = 1 / (1 / encoded + decoding / Environment.ProcessorCount);
        var embed = Context.Workload("embed");
        var served = await Served.ItemsPerSecondAsync(embed, Context.Closed(ManyCallers), cancellationToken);
        return new Round(served, ceiling, new Dictionary<string, object>
        {
            ["raw_items_per_second"] = encoded,
            ["raw_batch"] = BestBatch,
            ["decode_ms"] = 1000 * decoding,
        });
    }
}
