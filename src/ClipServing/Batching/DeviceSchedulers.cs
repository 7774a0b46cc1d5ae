using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Serving.Batching;

/// <summary>
/// A scheduler per device, created for the first model that needs it. All providers that run on the CPU share one,
/// because they share the cores.
/// </summary>
internal sealed class DeviceSchedulers(
    BatchingOptions options, IBatchObserver observer, TimeProvider time, ILogger<DeviceScheduler> logger)
    : IAsyncDisposable
{
    private const string Processor = "cpu";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, DeviceScheduler> _schedulers = new(StringComparer.Ordinal);
    private bool _stopped;

    public BatchingOptions Options => options;

    /// <summary>The scheduler of the CPU.</summary>
    /// <exception cref="ClipException"><see cref="ClipErrorCode.Unavailable"/>: the server is stopping.</exception>
    public DeviceScheduler ForProcessor() => For(Processor);

    /// <exception cref="ClipException">As for <see cref="ForProcessor"/>.</exception>
    public DeviceScheduler For(ExecutionDevice device) => For(device.IsProcessor ? Processor : device.Name);

    /// <summary>Drains the queues of all devices concurrently.</summary>
    public async ValueTask DisposeAsync()
    {
        DeviceScheduler[] schedulers;
        lock (_lock)
        {
            _stopped = true;
            schedulers = [.. _schedulers.Values];
        }

        await Task.WhenAll(schedulers.Select(scheduler => scheduler.DisposeAsync().AsTask()));
    }

    private DeviceScheduler For(string device)
    {
        lock (_lock)
        {
            if (_schedulers.TryGetValue(device, out var scheduler))
                return scheduler;
            if (_stopped)
                throw DeviceScheduler.Stopping();

            scheduler = new DeviceScheduler(
                device, options, observer, time, logger, overlapsBatches: device == Processor);
            _schedulers.Add(device, scheduler);
            return scheduler;
        }
    }
}
