using System.Runtime;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Serving.Budget;

namespace ClipGrpc.Server.Hosting;

/// <summary>Gives memory back to the system after a burst: the heap keeps what it once needed.</summary>
internal sealed class IdleTrim(
    MemoryBudget budget, ConnectionBuffers connections, ModelStartup models, TimeProvider time,
    ILogger<IdleTrim> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await models.Loaded.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var watch = new BurstWatch(budget);
        watch.Trimmed(Environment.WorkingSet);
        using var timer = new PeriodicTimer(Interval, time);
        while (await WaitAsync(timer, stoppingToken))
        {
            if (!watch.IsTime(Environment.WorkingSet))
                continue;

            Trim();
            watch.Trimmed(Environment.WorkingSet);
        }
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Trim()
    {
        var before = Environment.WorkingSet;
        LargeBuffers.Trim();
        connections.Trim();
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        NativeHeap.Trim();
        logger.MemoryTrimmed(before, Environment.WorkingSet);
    }
}
