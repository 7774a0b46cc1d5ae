using ClipGrpc.LoadTest.Data;
using ClipGrpc.LoadTest.Driving;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.V1;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>What the service costs on top of gRPC: requests of 30 kB, responses of 2 kB, and no model.</summary>
internal sealed class EmptyModelComparison(ComparisonContext context) : Comparison(context)
{
    private static readonly EmbedRequest Request = Requests.Frame(EmptyModelLoader.ImageSize);

    private static readonly IWorkload Embed = Workloads.Embed("embed", _ => Request);

    // Some hundred thousand calls: until then both servers and the driver still become faster.
    private static readonly TimeSpan CompileTime = TimeSpan.FromSeconds(20);
    private const int CompileTurns = 4;

    private ServedModel? _empty;
    private ServedModel? _echo;

    public override ComparisonGoal Goal { get; } = new(
        "empty", "calls/s of the whole service with an empty model ÷ of a bare gRPC echo, 30 kB in, 2 kB out",
        "empty_items_per_second", "echo_items_per_second", Least: 0.7);

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        _empty = await StartAsync(ServerKind.Empty, cancellationToken);
        _echo = await StartAsync(ServerKind.Echo, cancellationToken);

        // In turns, so that the driver's own code, which is compiled for speed meanwhile too, favours neither.
        var step = Context.Closed(Context.Callers) with
        {
            WarmUp = TimeSpan.Zero,
            Duration = CompileTime / CompileTurns,
        };
        for (var i = 0; i < CompileTurns; i++)
        {
            await _echo.RunAsync(Embed, step, cancellationToken);
            await _empty.RunAsync(Embed, step, cancellationToken);
        }
    }

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var echo = await MeasureAsync(_echo!, cancellationToken);
        var empty = await MeasureAsync(_empty!, cancellationToken);
        return new Round(empty.Result.Goodput, echo.Result.Goodput, new Dictionary<string, object>
        {
            ["empty_mean_batch"] = empty.Result.MeanBatch,
            ["statuses"] = Reports.StatusNames.Line(empty.Result.Statuses),
            ["empty_server_us_per_call"] = empty.ServerMicroseconds,
            ["echo_server_us_per_call"] = echo.ServerMicroseconds,
            ["empty_driver_us_per_call"] = empty.DriverMicroseconds,
            ["echo_driver_us_per_call"] = echo.DriverMicroseconds,
        });
    }

    // Warm-up and measurement are two loads here, because processor time counts from the start of a load.
    private async Task<Side> MeasureAsync(ServedModel server, CancellationToken cancellationToken)
    {
        var step = Context.Closed(Context.Callers) with { WarmUp = TimeSpan.Zero };
        await server.RunAsync(Embed, step with { Duration = Context.WarmUp }, cancellationToken);
        var before = server.ProcessorUse;
        var result = await server.RunAsync(Embed, step, cancellationToken);
        return new Side(result, server.ProcessorUse - before);
    }

    /// <summary>One server's load and the processor time that it took on both ends.</summary>
    private sealed record Side(LoadResult Result, ProcessorUse Use)
    {
        public double ServerMicroseconds => Use.Server.TotalMicroseconds / Result.Calls;

        public double DriverMicroseconds => Use.Driver.TotalMicroseconds / Result.Calls;
    }
}
