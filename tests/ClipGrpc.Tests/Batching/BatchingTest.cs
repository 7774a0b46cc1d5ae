using ClipGrpc.Serving.Batching;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Batching;

/// <summary>A scheduler on a fake clock and one scripted device.</summary>
public abstract class BatchingTest : IAsyncDisposable
{
    private DeviceScheduler? _scheduler;

    internal static TimeSpan Limit => ScriptedDevice.Limit;

    internal FakeTimeProvider Clock { get; } = new();

    internal ScriptedDevice Device { get; } = new();

    internal RecordingObserver Observer { get; } = new();

    internal BatchingOptions Options { get; } = new()
    {
        MaxBatchSize = 4,
        QueueCapacity = 64,
        StuckAfter = TimeSpan.FromHours(1), // the clock jumps while batches wait for their release
    };

    internal bool OverlapsBatches { get; init; }

    internal DeviceScheduler Scheduler => _scheduler ??= new DeviceScheduler(
        "test", Options, Observer, Clock, NullLogger<DeviceScheduler>.Instance, OverlapsBatches);

    public virtual async ValueTask DisposeAsync()
    {
        Device.Open();
        if (_scheduler is not null)
            await _scheduler.DisposeAsync().AsTask().WaitAsync(Limit);
        GC.SuppressFinalize(this);
    }

    internal TowerQueue<int> AddQueue(
        string name = "queue", ScriptedDevice? device = null, Func<int, int>? length = null, params int[] buckets) =>
        Scheduler.AddQueue(new TowerQueueDefinition<int>
        {
            Name = name,
            CreateEncoder = (device ?? Device).Create,
            Length = length,
            LengthBuckets = buckets.Length == 0 ? [1] : buckets,
        });

    internal async Task NextBatchIsAsync(params int[] inputs) => Assert.Equal(inputs, await Device.NextBatchAsync());

    /// <summary>Occupies the device with the input 0, so that what comes next waits.</summary>
    internal static async Task<Task<EmbeddingResult>> PlugAsync(TowerQueue<int> queue, ScriptedDevice device)
    {
        var plug = Encode(queue, 0);
        Assert.Equal(0, Assert.Single(await device.NextBatchAsync()));
        return plug;
    }

    internal static Task<EmbeddingResult> Encode(
        TowerQueue<int> queue,
        int input,
        WorkPriority priority = WorkPriority.Interactive,
        DateTimeOffset? deadline = null,
        CancellationToken token = default) =>
        SubmitAsync(queue, input, new WorkContext(priority, deadline, token));

    /// <summary>A task also for what is refused at once.</summary>
    internal static Task<EmbeddingResult> SubmitAsync(TowerQueue<int> queue, int input, WorkContext context)
    {
        try
        {
            return queue.Submit(input, context).Task;
        }
        catch (ClipException exception)
        {
            return Task.FromException<EmbeddingResult>(exception);
        }
        catch (OperationCanceledException exception)
        {
            return Task.FromCanceled<EmbeddingResult>(exception.CancellationToken);
        }
    }

    internal static Task<EmbeddingResult>[] EncodeAll(
        TowerQueue<int> queue, IEnumerable<int> inputs, WorkPriority priority = WorkPriority.Interactive) =>
        [.. inputs.Select(input => Encode(queue, input, priority))];

    internal static async Task<ClipException> FailsAsync(Task task, ClipErrorCode code)
    {
        var exception = await Assert.ThrowsAsync<ClipException>(() => task.WaitAsync(Limit));
        Assert.Equal(code, exception.Code);
        return exception;
    }

    internal static async Task SucceedsAsync(Task<EmbeddingResult> task, int input)
    {
        var item = await task.WaitAsync(Limit);
        Assert.Equal([input, 2 * input], item.Vector.ToArray());
        Assert.Equal(input + 0.5f, item.Norm);
    }

    internal async Task SucceedAsync(Task<EmbeddingResult>[] tasks, int first = 1)
    {
        for (var i = 0; i < tasks.Length; i++)
            await SucceedsAsync(tasks[i], first + i);
    }

    /// <summary>Teaches the queue that a batch of n costs alpha + n × beta seconds.</summary>
    internal async Task MeasureAsync(TowerQueue<int> queue, double alpha, double beta)
    {
        Device.Gated = false;
        Device.OnRun = inputs => Clock.Advance(TimeSpan.FromSeconds(alpha + beta * inputs.Length));
        await queue.WarmUpAsync(99, new WarmUpPlan(1, Options.MaxBatchSize), CancellationToken.None).WaitAsync(Limit);
        Device.SkipBatches();
        Device.Gated = true;
    }

    internal DateTimeOffset In(double seconds) => Clock.GetUtcNow() + TimeSpan.FromSeconds(seconds);
}
