using ClipGrpc.LoadTest.Driving;
using Grpc.Core;

namespace ClipGrpc.LoadTest.Serving;

/// <summary>A server process under a load.</summary>
internal sealed class ServedModel : IAsyncDisposable
{
    private readonly ServerProcess _process;
    private readonly Connections _connections;
    private readonly LoadGenerator _generator;
    private readonly TimeProvider _time;

    private ServedModel(ServerProcess process, TimeProvider time)
    {
        _process = process;
        _time = time;
        _connections = new Connections(process.Address, Connections.StandardCount);
        _generator = new LoadGenerator(_connections, time);
    }

    /// <summary>Of the interfaces over HTTP.</summary>
    public Uri HttpAddress => _process.Addresses.Http ?? throw new InvalidOperationException("It has no HTTP port.");

    /// <summary>Of this process as the driver too.</summary>
    public ProcessorUse ProcessorUse =>
        new(_time.GetElapsedTime(0), _process.ProcessorTime, Environment.CpuUsage.TotalTime);

    /// <summary>Memory of the process at present.</summary>
    public long ResidentBytes => _process.ResidentBytes;

    /// <inheritdoc cref="ServerProcess.StartAsync"/>
    public static async Task<ServedModel> StartAsync(
        ServerKind kind, IReadOnlyDictionary<string, string?> settings, TimeProvider time,
        CancellationToken cancellationToken, string? cores = null) =>
        new(await ServerProcess.StartAsync(kind, settings, cancellationToken, cores), time);

    /// <summary>Another caller of the same server.</summary>
    public LoadedCaller NewCaller() => new(_process.Address, _time);

    public Task<LoadResult> RunAsync(IWorkload workload, LoadStep step, CancellationToken cancellationToken) =>
        _generator.RunAsync(workload, step, cancellationToken);

    public Task<IReadOnlyList<LoadResult>> RunAsync(
        IReadOnlyList<IWorkload> workloads, Mix mix, LoadStep step, CancellationToken cancellationToken) =>
        _generator.RunAsync(workloads, mix, step, cancellationToken);

    /// <summary>Items answered a second. Every call must be answered.</summary>
    /// <exception cref="LoadTestException">Some call failed: the number would mean nothing.</exception>
    public async Task<double> ItemsPerSecondAsync(
        IWorkload workload, LoadStep step, CancellationToken cancellationToken)
    {
        var result = await RunAsync(workload, step, cancellationToken);
        return result.Statuses.Keys.All(status => status == StatusCode.OK) && result.Goodput > 0
            ? result.Goodput
            : throw new LoadTestException(
                $"{workload.Name} at {step.Label} was not answered throughout: "
                + $"{Reports.StatusNames.Line(result.Statuses)}.");
    }

    /// <summary>One call, for what comes before a measurement.</summary>
    public async Task CallOnceAsync(IWorkload workload, CancellationToken cancellationToken)
    {
        var outcome = await workload.CallAsync(_connections[0], 0, null, cancellationToken);
        if (outcome.Status != StatusCode.OK)
            throw new LoadTestException($"{workload.Name} was answered with {outcome.Status}.");
    }

    public async ValueTask DisposeAsync()
    {
        _connections.Dispose();
        await _process.DisposeAsync();
    }
}
