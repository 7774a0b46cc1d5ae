using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.Server.Benchmarks;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>
/// What is served of what the text tower could do, after what a call costs without a model. That is large beside a
/// short text.
/// </summary>
internal sealed class TextsComparison(ComparisonContext context) : ServedComparison(context)
{
    private const int Tokens = 10;

    private static readonly TimeSpan CompileTime = TimeSpan.FromSeconds(10);

    private ServedModel? _empty;

    public override ComparisonGoal Goal { get; } = new(
        "texts",
        $"served texts/s of {Tokens} tokens with {ManyCallers} callers ÷ 1 / (1 / raw + 1 / calls of an empty model)",
        "served_items_per_second", "ceiling_items_per_second", Least: 0.85);

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await base.PrepareAsync(cancellationToken);
        _empty = await StartAsync(ServerKind.Empty, cancellationToken);
        var step = Context.Closed(ManyCallers) with { WarmUp = TimeSpan.Zero, Duration = CompileTime };
        await _empty.RunAsync(Workload(), step, cancellationToken);
    }

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var raw = (await OpenRawAsync(cancellationToken))
            .TextsPerSecond(Context.RawBatches, Tokens, Context.Duration, cancellationToken);
        var step = Context.Closed(ManyCallers);
        var empty = await _empty!.ItemsPerSecondAsync(Workload(), step, cancellationToken);
        var served = await Served.RunAsync(Workload(), step, cancellationToken);
        return new Round(served.Goodput, 1 / (1 / raw + 1 / empty), new Dictionary<string, object>
        {
            ["raw_items_per_second"] = raw,
            ["empty_items_per_second"] = empty,
            ["served_mean_batch"] = served.MeanBatch,
            ["statuses"] = Reports.StatusNames.Line(served.Statuses),
        });
    }

    private UnaryWorkload<V1.EmbedRequest, V1.EmbedResponse> Workload() =>
        Workloads.Embed("texts", _ => Context.Requests.EmbedText(UniqueTexts.OfTokens(Tokens)));
}
