using ClipGrpc.Serving.Batching;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClipGrpc.Tests.Batching;

public sealed class StressTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private const int LeastCalls = 101;

    private int _calls;
    private int _answered;
    private int _cancelled;
    private int _refused;
    private int _failed;

    [Theory(Timeout = 180_000)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task EncodeAsync_RandomCallersCancellationsFailuresAndUnloads_EveryCallEndsOnce(int workers)
    {
        var options = new BatchingOptions { MaxBatchSize = 8, QueueCapacity = 16, Workers = workers };
        var observer = new RecordingObserver();
        var device = new ScriptedDevice { Gated = false };
        device.OnRun = inputs => _ = inputs[0] % 997 == 0 ? throw new InvalidOperationException("poison") : 0;
        var scheduler = new DeviceScheduler(
            "stress", options, observer, TimeProvider.System, NullLogger<DeviceScheduler>.Instance);
        TowerQueue<int>[] queues = [AddQueue(scheduler, device), AddQueue(scheduler, device)];
        var started = TimeProvider.System.GetTimestamp();

        Task[] callers = [.. Enumerable.Range(0, 24).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            while (GoesOn(started))
                await CallAsync(queues[random.Next(2)], random);
        }))];
        List<TowerQueue<int>> unloaded = [];
        var unloader = Task.Run(async () =>
        {
            var random = new Random(-1);
            while (GoesOn(started))
            {
                var old = queues[1];
                await CallAsync(old, random);
                queues[1] = AddQueue(scheduler, device);
                await old.DisposeAsync();
                unloaded.Add(old);
            }
        });
        await Task.WhenAll([unloader, .. callers]).WaitAsync(Limit);
        Assert.All([.. queues, .. unloaded], queue => Assert.Equal(0, queue.QueueDepth));
        await scheduler.DisposeAsync().AsTask().WaitAsync(Limit);

        Assert.Equal(_calls, _answered + _cancelled + _refused + _failed);
        Assert.All(
            [_answered, _cancelled],
            count => Assert.True(count >= LeastCalls, $"{count} is too few to say anything."));
        Assert.Contains(device.Batches, batch => batch.Length > 1);

        // What was run is what was answered, failed or cancelled too late; nothing dropped, and nothing twice but alone
        // after its batch has failed.
        var run = device.Batches.SelectMany(batch => batch).Distinct().Count();
        Assert.InRange(run, _answered, _calls - observer.Dropped.Count - observer.Rejected.Count);
        var failed = device.Batches.Where(batch => batch.Length > 1 && batch[0] % 997 == 0).SelectMany(batch => batch);
        Assert.Empty(device.Batches.SelectMany(batch => batch)
            .GroupBy(input => input).Where(group => group.Count() > 1).Select(group => group.Key).Except(failed));
        Assert.Equal(run, observer.Queued.Count);
        Assert.Equal(device.Created, device.Disposed);
    }

    /// <summary>Longer than usual where the machine is slow, until there is enough to say something.</summary>
    private bool GoesOn(long started)
    {
        var elapsed = TimeProvider.System.GetElapsedTime(started);
        var isEnough = Volatile.Read(ref _answered) >= LeastCalls && Volatile.Read(ref _cancelled) >= LeastCalls;
        return elapsed < Duration || (!isEnough && elapsed < 10 * Duration);
    }

    private async Task CallAsync(TowerQueue<int> queue, Random random)
    {
        var input = Interlocked.Increment(ref _calls);
        using var caller = new CancellationTokenSource();
        DateTimeOffset? deadline = random.Next(4) == 0
            ? TimeProvider.System.GetUtcNow() + TimeSpan.FromMicroseconds(random.Next(2000))
            : null;
        var context = new WorkContext((WorkPriority)random.Next(2), deadline, caller.Token);
        var task = BatchingTest.SubmitAsync(queue, input, context);
        if (random.Next(3) == 0)
        {
            for (var spin = random.Next(30); spin > 0; spin--)
                await Task.Yield();
            await caller.CancelAsync();
        }

        try
        {
            var item = await task.WaitAsync(Limit);
            Assert.Equal(input, item.Vector.Span[0]);
            Interlocked.Increment(ref _answered);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref _cancelled);
        }
        catch (ClipException exception) when (exception.Code == ClipErrorCode.Internal)
        {
            Interlocked.Increment(ref _failed);
        }
        catch (ClipException)
        {
            Interlocked.Increment(ref _refused);
        }
    }

    private static TowerQueue<int> AddQueue(DeviceScheduler scheduler, ScriptedDevice device) =>
        scheduler.AddQueue(new TowerQueueDefinition<int> { Name = "queue", CreateEncoder = device.Create });
}
