using ClipGrpc.LoadTest.Data;
using ClipGrpc.LoadTest.Driving;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What cutting texts after their end brings.</summary>
internal sealed class ShortTextComparison(ComparisonContext context) : ServedComparison(context)
{
    public override ComparisonGoal Goal { get; } = new(
        "short-texts", "texts/s of at most 16 tokens ÷ of the whole context", "short_items_per_second",
        "long_items_per_second", Least: 4.5);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var step = Context.Closed(Context.Callers);
        var longTexts = Workloads.Embed("long-texts", _ => Context.Requests.EmbedText(Texts.Long()));
        var shortTexts = Workloads.Embed("short-texts", _ => Context.Requests.EmbedText(Texts.Short()));
        var slow = await Served.ItemsPerSecondAsync(longTexts, step, cancellationToken);
        var fast = await Served.ItemsPerSecondAsync(shortTexts, step, cancellationToken);
        return new Round(fast, slow);
    }
}
