using ClipGrpc.LoadTest.Reports;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What a caller gets beside one that takes all it can.</summary>
internal sealed class GreedyComparison(ComparisonContext context) : ServedComparison(context)
{
    private const int GreedyCalls = 40;
    private const int ImagesPerCall = 16;
    private const double PoliteRate = 2;

    private static readonly TimeSpan PoliteDeadline = TimeSpan.FromSeconds(1);

    public override ComparisonGoal Goal { get; } = new(
        "greedy",
        "answered ÷ sent, 2 images/s with deadlines of 1 s beside another caller's 40 calls of 16 images without one",
        "answered_calls", "sent_calls", Least: 0.95);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        using var greedy = Served.NewCaller();
        using var polite = Served.NewCaller();
        var taking = greedy.RunAsync(
            Context.Workload("embed", ImagesPerCall), Context.Closed(GreedyCalls), cancellationToken);
        var asking = await polite.RunAsync(
            Context.Workload("embed"), Context.Open(PoliteRate, PoliteDeadline), cancellationToken);
        var taken = await taking;
        return new Round(asking.OkCalls, asking.Calls, new Dictionary<string, object>
        {
            ["polite_p99_ms"] = Quantiles.Of(asking.Latency).P99,
            ["polite_statuses"] = StatusNames.Line(asking.Statuses),
            ["greedy_items_per_second"] = taken.Goodput,
            ["greedy_statuses"] = StatusNames.Line(taken.Statuses),
        });
    }
}
