namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What batching brings, beside what the graph itself gains from a batch: more there is not to gain.</summary>
internal sealed class CallersComparison(ComparisonContext context) : RawAndServedComparison(context)
{
    public override ComparisonGoal Goal { get; } = new(
        "callers", "images/s with 32 callers ÷ with 1 caller", "items_per_second_32_callers",
        "items_per_second_1_caller", Least: 1.5);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var raw = await OpenRawAsync(cancellationToken);
        var rawOne = raw.ItemsPerSecond(1, Context.Duration, cancellationToken);
        var rawBest = raw.ItemsPerSecond(BestBatch, Context.Duration, cancellationToken);
        var embed = Context.Workload("embed");
        var one = await Served.ItemsPerSecondAsync(embed, Context.Closed(1), cancellationToken);
        var many = await Served.ItemsPerSecondAsync(embed, Context.Closed(ManyCallers), cancellationToken);
        return new Round(many, one, new Dictionary<string, object>
        {
            ["raw_batch"] = BestBatch,
            ["raw_ratio"] = rawBest / rawOne,
            ["raw_items_per_second_batch_1"] = rawOne,
            ["raw_items_per_second_best_batch"] = rawBest,
        });
    }
}
