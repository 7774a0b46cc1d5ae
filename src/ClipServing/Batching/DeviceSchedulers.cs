using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Serving.Batching;

/// <summary>
/// A scheduler for each device, made when the first model needs it. Whatever runs on the processor shares one: two
/// providers there have the same cores.
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

    /// <summary>The scheduler of the processor.</summary>
    /// <exception cref="ClipException"><see cref="ClipErrorCode.Unavailable"/>: the server stops.</exception>
    public DeviceScheduler ForProcessor() => For(Processor);

    /// <exception cref="ClipException">As for <see cref="ForProcessor"/>.</exception>
    public DeviceScheduler For(ExecutionDevice device) => For(device.IsProcessor ? Processor : device.Name);

    /// <summary>Drains the queues of all devices at once.</summary>
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

            scheduler = new DeviceScheduler(device, options, observer, time, logger);
            _schedulers.Add(device, scheduler);
            return scheduler;
        }
    }
}
