using ClipGrpc.LoadTest.Data;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Serving;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What cutting texts after their end brings.</summary>
internal sealed class ShortTextComparison(ComparisonContext context) : Comparison(context)
{
    private ServedModel? _served;

    public override ComparisonGoal Goal { get; } = new(
        "short-texts", "texts/s of at most 16 tokens ÷ of the whole context", "short_items_per_second",
        "long_items_per_second", Least: 4.5);

    public override async Task PrepareAsync(CancellationToken cancellationToken) =>
        _served = await StartAsync(ServerKind.Model, cancellationToken);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var step = Context.Closed(Context.Callers);
        var longTexts = Workloads.Embed("long-texts", _ => Context.Requests.EmbedText(Texts.Long()));
        var shortTexts = Workloads.Embed("short-texts", _ => Context.Requests.EmbedText(Texts.Short()));
        var slow = await _served!.ItemsPerSecondAsync(longTexts, step, cancellationToken);
        var fast = await _served.ItemsPerSecondAsync(shortTexts, step, cancellationToken);
        return new Round(fast, slow);
    }
}
