using ClipGrpc.LoadTest.Serving;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>Two things measured in turns. Made for one use.</summary>
internal abstract class Comparison(ComparisonContext context) : IAsyncDisposable
{
    protected const string ModelName = "m";

    private readonly List<IAsyncDisposable> _servers = [];
    private RawModel? _raw;

    public abstract ComparisonGoal Goal { get; }

    protected ComparisonContext Context => context;

    /// <summary>The model in this process.</summary>
    protected async Task<RawModel> OpenRawAsync(CancellationToken cancellationToken) =>
        _raw ??= await RawModel.OpenAsync(
            context.Model, context.Settings, Math.Max(context.MaxBatch, context.RawBatches.Max()), context.Time,
            cancellationToken);

    /// <summary>The batch size at which the model in this process gives the most images a second.</summary>
    protected async Task<int> FindBestBatchAsync(CancellationToken cancellationToken)
    {
        var raw = await OpenRawAsync(cancellationToken);
        return context.RawBatches.MaxBy(batch => raw.ItemsPerSecond(batch, context.Duration, cancellationToken));
    }

    /// <summary>Starts servers and whatever comes before the first round.</summary>
    public abstract Task PrepareAsync(CancellationToken cancellationToken);

    public abstract Task<Round> MeasureAsync(CancellationToken cancellationToken);

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        _raw?.Dispose();
    }

    protected async Task<ServedModel> StartAsync(
        ServerKind kind, CancellationToken cancellationToken, params string[] modelNames)
    {
        var settings = context.ServerSettings(modelNames is [] ? [ModelName] : modelNames);
        var served = await ServedModel.StartAsync(kind, settings, context.Time, cancellationToken);
        _servers.Add(served);
        return served;
    }
}
