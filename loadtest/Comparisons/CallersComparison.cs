using ClipGrpc.LoadTest.Serving;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What batching brings.</summary>
internal sealed class CallersComparison(ComparisonContext context) : Comparison(context)
{
    private const int Many = 32;

    private ServedModel? _served;

    public override ComparisonGoal Goal { get; } = new(
        "callers", "pictures/s with 32 callers ÷ with 1 caller", "items_per_second_32_callers",
        "items_per_second_1_caller", Least: 1.5);

    public override async Task PrepareAsync(CancellationToken cancellationToken) =>
        _served = await StartAsync(ServerKind.Model, cancellationToken);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var embed = Context.Workload("embed");
        var one = await _served!.ItemsPerSecondAsync(embed, Context.Closed(1), cancellationToken);
        var many = await _served.ItemsPerSecondAsync(embed, Context.Closed(Many), cancellationToken);
        return new Round(many, one);
    }
}
