using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

public sealed class QueueDelayTests : BatchingTest
{
    public QueueDelayTests() => Options.MaxQueueDelay = TimeSpan.FromMilliseconds(100);

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_PartFilled_IsHeldForTheDelay()
    {
        var queue = AddQueue();
        var first = Encode(queue, 1);
        Clock.Advance(TimeSpan.FromMilliseconds(60));
        var second = Encode(queue, 2);
        Clock.Advance(TimeSpan.FromMilliseconds(39));
        Assert.Empty(Device.Batches);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        await NextBatchIsAsync(1, 2);
        Device.Release();
        await SucceedAsync([first, second]);
        Assert.Equal(BatchReason.Delay, Assert.Single(Observer.Started).Reason);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_Full_StartsWithoutTheDelay()
    {
        var queue = AddQueue();
        var tasks = EncodeAll(queue, [1, 2, 3, 4]);
        await NextBatchIsAsync(1, 2, 3, 4);
        Device.Release();
        await SucceedAsync(tasks);
        Assert.Equal(BatchReason.Full, Assert.Single(Observer.Started).Reason);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_DeadlineBeforeTheDelay_StartsInTimeForIt()
    {
        var queue = AddQueue();
        Options.MaxQueueDelay = TimeSpan.Zero;
        await MeasureAsync(queue, alpha: 0.01, beta: 0.01);
        Options.MaxQueueDelay = TimeSpan.FromMilliseconds(100);
        var task = Encode(queue, 1, deadline: In(0.05));
        Clock.Advance(TimeSpan.FromMilliseconds(30)); // what is left is what a batch of one takes
        await NextBatchIsAsync(1);
        Device.Release();
        await SucceedsAsync(task, 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task DisposeAsync_HeldBatch_IsRunAtOnce()
    {
        var queue = AddQueue();
        var task = Encode(queue, 1);
        Device.Open();
        await queue.DisposeAsync().AsTask().WaitAsync(Limit);
        await SucceedsAsync(task, 1);
    }
}
