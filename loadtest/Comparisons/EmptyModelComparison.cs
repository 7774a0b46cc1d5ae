using ClipGrpc.LoadTest.Data;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.V1;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What the service costs on top of gRPC: requests of 30 kB, replies of 2 kB, and no model.</summary>
internal sealed class EmptyModelComparison(ComparisonContext context) : Comparison(context)
{
    private static readonly EmbedRequest Request = Requests.Frame(EmptyVariantLoader.ImageSize);

    private ServedModel? _empty;
    private ServedModel? _echo;

    public override ComparisonGoal Goal { get; } = new(
        "empty", "calls/s of the whole service with an empty model ÷ of a bare gRPC echo, 30 kB in, 2 kB out",
        "empty_items_per_second", "echo_items_per_second", Least: 0.7);

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        _empty = await StartAsync(ServerKind.Empty, cancellationToken);
        _echo = await StartAsync(ServerKind.Echo, cancellationToken);
    }

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var embed = Workloads.Embed("embed", _ => Request);
        var step = Context.Closed(Context.Callers);
        var echo = await _echo!.ItemsPerSecondAsync(embed, step, cancellationToken);
        var empty = await _empty!.RunAsync(embed, step, cancellationToken);
        return new Round(empty.Goodput, echo, new Dictionary<string, object>
        {
            ["empty_mean_batch"] = empty.MeanBatch,
            ["statuses"] = Reports.StatusNames.Line(empty.Statuses),
        });
    }
}
