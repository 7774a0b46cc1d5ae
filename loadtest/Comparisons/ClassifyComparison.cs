using ClipGrpc.LoadTest.Driving;
using ClipGrpc.V1;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What many labels cost once they are known.</summary>
internal sealed class ClassifyComparison(ComparisonContext context) : ServedComparison(context)
{
    private const int Labels = 1_000;

    // As the prompts that are published with CLIP: seven say nearly as much as all eighty.
    private static readonly string[] Templates =
    [
        "itap of a {}.", "a bad photo of the {}.", "an origami {}.", "a photo of the large {}.",
        "a {} in a video game.", "art of the {}.", "a photo of the small {}.",
    ];

    private IWorkload? _classify;

    public override ComparisonGoal Goal { get; } = new(
        "classify", "images/s of Classify with 1,000 labels × 7 templates, after the first call ÷ of Embed",
        "classify_items_per_second", "embed_items_per_second", Least: 0.95);

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        var labels = new LabelSet
        {
            Labels = { Enumerable.Range(0, Labels).Select(number => $"thing number {number}") },
            Templates = { Templates },
        };
        var requests = Context.Requests with { Labels = labels };
        _classify = Workloads.Create("classify", requests, 1, Context.Time);
        await base.PrepareAsync(cancellationToken);
        await Served.CallOnceAsync(_classify, cancellationToken);
    }

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var step = Context.Closed(Context.Callers);
        var embed = await Served.ItemsPerSecondAsync(Context.Workload("embed"), step, cancellationToken);
        var classify = await Served.ItemsPerSecondAsync(_classify!, step, cancellationToken);
        return new Round(classify, embed);
    }
}
