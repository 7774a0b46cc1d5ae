using ClipGrpc.LoadTest.Driving;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>Whether two models under equal load get equal parts of the device.</summary>
internal sealed class FairnessComparison(ComparisonContext context) : ServedComparison(context, One, Other)
{
    private const string One = "one";
    private const string Other = "other";

    public override ComparisonGoal Goal { get; } = new(
        "fairness", "images/s of one of two models under equal load ÷ half of both", "one_items_per_second",
        "half_items_per_second", Least: 0.9, Most: 1.1);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        // Two closed loops side by side: in one loop the slower model would hold back the other.
        var step = Context.Closed(Math.Max(1, Context.Callers / 2));
        var runs = await Task.WhenAll(new[] { One, Other }.Select(name => Served.ItemsPerSecondAsync(
            Workloads.Create("embed", Context.Requests with { Model = name }, 1, Context.Time),
            step, cancellationToken)));
        return new Round(
            runs[0], runs.Sum() / 2, new Dictionary<string, object> { ["other_items_per_second"] = runs[1] });
    }
}
