using ClipGrpc.LoadTest.Data;
using ClipGrpc.LoadTest.Driving;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>
/// What JSON over HTTP/1.1 costs. Both sides send texts of the same length, one per call and no two alike: the cache
/// has none of them, and the model has the same work.
/// </summary>
internal sealed class HttpComparison(ComparisonContext context) : ServedComparison(context)
{
    private const int Callers = 32;

    private IWorkload? _http;

    public override ComparisonGoal Goal { get; } = new(
        "http", "calls/s of /v1/embeddings with base64 ÷ of Embed over gRPC, 32 callers, a text per call",
        "http_calls_per_second", "grpc_calls_per_second", Least: 0.6);

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await base.PrepareAsync(cancellationToken);
        _http = new HttpEmbedWorkload("http", Served.HttpAddress, Texts.Short, Context.Time);
    }

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var step = Context.Closed(Callers);
        var embed = Workloads.Embed("grpc", _ => Context.Requests.EmbedText(Texts.Short()));
        var grpc = await Served.ItemsPerSecondAsync(embed, step, cancellationToken);
        var http = await Served.ItemsPerSecondAsync(_http!, step, cancellationToken);
        return new Round(http, grpc);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_http is not null)
            await _http.DisposeAsync();
        await base.DisposeAsync();
    }
}
