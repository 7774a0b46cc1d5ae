using ClipGrpc.LoadTest.Data;
using ClipGrpc.LoadTest.Driving;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What remembering texts brings.</summary>
internal sealed class TextCacheComparison(ComparisonContext context) : ServedComparison(context)
{
    private const int TextsPerCall = 32;
    private const int CallsInCache = 16;

    private readonly string[][] _known =
        [.. Enumerable.Range(0, CallsInCache).Select(_ => Texts.ManyShort(TextsPerCall))];

    public override ComparisonGoal Goal { get; } = new(
        "cache", "texts/s seen before ÷ of new ones, 32 a call", "cached_items_per_second", "new_items_per_second",
        Least: 50);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var step = Context.Closed(Math.Max(1, Context.Callers / CallsInCache));
        var fresh = Workloads.Embed("new-texts", _ => Context.Requests.EmbedText(Texts.ManyShort(TextsPerCall)));
        var known = Workloads.Embed(
            "known-texts", number => Context.Requests.EmbedText(_known[number % CallsInCache]));
        var slow = await Served.ItemsPerSecondAsync(fresh, step, cancellationToken);

        // Again each time: the new texts may have pushed them out.
        foreach (var texts in _known)
        {
            await Served.CallOnceAsync(
                Workloads.Embed("known-texts", _ => Context.Requests.EmbedText(texts)), cancellationToken);
        }

        var fast = await Served.ItemsPerSecondAsync(known, step, cancellationToken);
        return new Round(fast, slow);
    }
}
