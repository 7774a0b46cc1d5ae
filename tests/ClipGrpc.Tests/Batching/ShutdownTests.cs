using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

public sealed class ShutdownTests : BatchingTest
{
    [Fact(Timeout = 30_000)]
    public async Task DisposeAsync_WorkAccepted_AnswersAllAndTakesNoMore()
    {
        var queue = AddQueue();
        var other = AddQueue("other");
        var plug = await PlugAsync(queue, Device);
        var first = EncodeAll(queue, Enumerable.Range(1, 20));
        var second = EncodeAll(other, Enumerable.Range(1, 20), WorkPriority.Bulk);

        var stopping = Scheduler.DisposeAsync().AsTask();
        Assert.Equal(QueueState.Draining, queue.State);
        await FailsAsync(Encode(queue, 99), ClipErrorCode.Unavailable);
        Assert.Equal(ClipErrorCode.Unavailable, Assert.Throws<ClipException>(() => AddQueue("late")).Code);
        Assert.False(stopping.IsCompleted);

        Device.Open();
        await stopping.WaitAsync(Limit);
        Assert.All([plug, .. first, .. second], task => Assert.True(task.IsCompletedSuccessfully));
        await SucceedAsync(first);
        await SucceedAsync(second);
        Assert.Equal(Device.Created, Device.Disposed);
        Assert.Equal(QueueState.Closed, queue.State);
        Assert.Equal(Observer.Opened.Order(), Observer.Closed.Order());
    }

    [Fact(Timeout = 30_000)]
    public async Task DisposeAsync_BatchHangs_AnswersTheRestAsUnavailableAfterTheTimeout()
    {
        var queue = AddQueue();
        var plug = await PlugAsync(queue, Device);
        var queued = EncodeAll(queue, [1, 2, 3, 4, 5]);
        var stopping = Scheduler.DisposeAsync().AsTask();
        Clock.Advance(Options.ShutdownTimeout - TimeSpan.FromSeconds(1));
        Assert.False(stopping.IsCompleted);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await stopping.WaitAsync(Limit);
        Assert.All([plug, .. queued], task => Assert.True(task.IsCompleted));
        foreach (var task in (Task<EmbeddingResult>[])[plug, .. queued])
            await FailsAsync(task, ClipErrorCode.Unavailable);
        Assert.Equal(0, Device.Disposed);
    }

    [Fact(Timeout = 30_000)]
    public async Task DisposeAsync_QueueBatchHangs_EncoderIsDisposedWhenItReturns()
    {
        var hanging = new ScriptedDevice();
        var queue = AddQueue(device: hanging);
        var plug = await PlugAsync(queue, hanging);
        var closing = queue.DisposeAsync().AsTask();
        Clock.Advance(Options.ShutdownTimeout);
        await closing.WaitAsync(Limit);
        await FailsAsync(plug, ClipErrorCode.Unavailable);
        Assert.Equal(0, hanging.Disposed);

        // The worker comes back and serves another queue; by then it has put the encoder away.
        hanging.Open();
        Device.Open();
        await SucceedsAsync(Encode(AddQueue("next"), 1), 1);
        Assert.Equal(1, hanging.Disposed);
    }

    [Fact(Timeout = 30_000)]
    public async Task DisposeAsync_OnlyCancelledWorkLeft_EndsWithoutRunningIt()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        using var caller = new CancellationTokenSource();
        var gone = Encode(queue, 1, token: caller.Token);
        await caller.CancelAsync();
        var closing = queue.DisposeAsync().AsTask();
        Device.Release();
        await closing.WaitAsync(Limit);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.WaitAsync(Limit));
        Assert.Equal(0, Assert.Single(Assert.Single(Device.Batches)));
    }

    [Fact(Timeout = 30_000)]
    public async Task DisposeAsync_Twice_IsOneShutdown()
    {
        var queue = AddQueue();
        Device.Open();
        await SucceedsAsync(Encode(queue, 1), 1);
        await Task.WhenAll(queue.DisposeAsync().AsTask(), queue.DisposeAsync().AsTask()).WaitAsync(Limit);
        await Task.WhenAll(Scheduler.DisposeAsync().AsTask(), Scheduler.DisposeAsync().AsTask()).WaitAsync(Limit);
        Assert.Equal(1, Device.Disposed);
    }
}
