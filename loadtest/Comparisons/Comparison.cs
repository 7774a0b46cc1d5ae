using ClipGrpc.LoadTest.Serving;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>Two things measured in turns. Made for one use.</summary>
internal abstract class Comparison(ComparisonContext context) : IAsyncDisposable
{
    protected const string ModelName = "m";

    private static readonly TimeSpan LongestDiscarded = TimeSpan.FromSeconds(10);

    private readonly List<IAsyncDisposable> _servers = [];
    private RawModel? _raw;

    public abstract ComparisonGoal Goal { get; }

    protected ComparisonContext Context { get; private set; } = context;

    /// <summary>The model in this process.</summary>
    protected async Task<RawModel> OpenRawAsync(CancellationToken cancellationToken) =>
        _raw ??= await RawModel.OpenAsync(
            Context.Model, Context.Settings, Math.Max(Context.MaxBatch, Context.RawBatches.Max()), Context.Time,
            cancellationToken);

    /// <summary>Starts servers and whatever comes before the first round.</summary>
    public abstract Task PrepareAsync(CancellationToken cancellationToken);

    public abstract Task<Round> MeasureAsync(CancellationToken cancellationToken);

    /// <summary>
    /// One round for nothing: code that was just compiled is several times slower than the same code a little later.
    /// </summary>
    public async Task DiscardRoundAsync(CancellationToken cancellationToken)
    {
        var context = Context;
        Context = context with
        {
            Duration = context.Duration < LongestDiscarded ? context.Duration : LongestDiscarded,
        };
        await MeasureAsync(cancellationToken);
        Context = context;
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        _raw?.Dispose();
    }

    protected async Task<ServedModel> StartAsync(
        ServerKind kind, CancellationToken cancellationToken, params string[] modelNames)
    {
        var settings = Context.ServerSettings(modelNames is [] ? [ModelName] : modelNames);
        var served = await ServedModel.StartAsync(
            kind, settings, Context.Time, cancellationToken, Context.ServerCores);
        _servers.Add(served);
        return served;
    }
}
