using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Budget;
using Microsoft.Extensions.Options;
using Prometheus;

namespace ClipGrpc.Server.Access;

/// <summary>
/// Divides what the process may use: the receive windows of its connections, and the memory budget, which is what the
/// models and the runtime leave.
/// </summary>
internal sealed class ProcessMemory
{
    private const int MinConnections = 16;
    private const int MaxDerivedConnections = 10_000;

    private readonly long _configured;
    private readonly long _available;
    private readonly ILogger _logger;

    public ProcessMemory(
        IOptions<LimitOptions> limits, IOptions<ServerOptions> server, ClipMetrics metrics, CollectorRegistry registry,
        ILogger<ProcessMemory> logger)
    {
        // The limit of the container, if there is one, or what the garbage collector was told.
        _available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        _configured = limits.Value.MemoryBudget;
        _logger = logger;
        MaxConnections = limits.Value.MaxConnections > 0
            ? limits.Value.MaxConnections
            : (int)Math.Clamp(_available / 8 / ReceiveWindows.Connection, MinConnections, MaxDerivedConnections);
        Budget = new MemoryBudget(Total(), server.Value.MaxMessageBytes);
        registry.AddBeforeCollectCallback(() => Report(metrics));
    }

    public MemoryBudget Budget { get; }

    public int MaxConnections { get; }

    /// <summary>Sets the budget to what the process does not use now: after models were loaded, or unloaded.</summary>
    public void Measure()
    {
        Budget.Resize(Total());
        _logger.MemoryDivided(
            Budget.Total, _available, Budget.Messages.Capacity, Budget.Decoding.Capacity, MaxConnections);
    }

    private void Report(ClipMetrics metrics)
    {
        foreach (var (name, share) in Budget.Shares)
        {
            metrics.MemoryBudget.WithLabels(name).Set(share.Capacity);
            metrics.MemoryUsed.WithLabels(name).Set(share.Used);
            metrics.MemoryWaiting.WithLabels(name).Set(share.Waiting);
        }
    }

    private long Total()
    {
        if (_configured > 0)
            return _configured;

        var windows = (long)MaxConnections * ReceiveWindows.Connection;
        var requests = Budget?.Used ?? 0;
        return MemoryBudget.Derive(_available, Environment.WorkingSet - requests + windows);
    }
}
