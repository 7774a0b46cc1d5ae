using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

public sealed class TowerQueueDropTests : BatchingTest
{
    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_CancelledInQueue_IsToldAtOnceAndNeverRun()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        using var caller = new CancellationTokenSource();
        var first = Encode(queue, 1);
        var gone = Encode(queue, 2, token: caller.Token);
        var last = Encode(queue, 3);
        await caller.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.WaitAsync(Limit));
        Assert.Equal(caller.Token, exception.CancellationToken);
        Assert.Equal(2, queue.QueueDepth);
        Assert.Equal(DropReason.Cancelled, Assert.Single(Observer.Dropped));

        Device.Release(2);
        await NextBatchIsAsync(1, 3);
        await SucceedsAsync(first, 1);
        await SucceedsAsync(last, 3);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_CancelledWhileItRuns_IsToldAtOnceAndNeighboursAreAnswered()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        using var caller = new CancellationTokenSource();
        var gone = Encode(queue, 1, token: caller.Token);
        var neighbour = Encode(queue, 2);
        Device.Release();
        await NextBatchIsAsync(1, 2);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.WaitAsync(Limit));
        Assert.False(neighbour.IsCompleted);
        Device.Release();
        await SucceedsAsync(neighbour, 2);
        Assert.Empty(Observer.Dropped);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_CancelledBefore_IsNotQueued()
    {
        var queue = AddQueue();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Encode(queue, 1, token: new CancellationToken(canceled: true)));
        Assert.Equal(0, queue.QueueDepth);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_AllCancelled_RunsNothing()
    {
        var queue = AddQueue();
        var plug = await PlugAsync(queue, Device);
        using var caller = new CancellationTokenSource();
        Task<EmbeddingResult>[] gone = [.. Enumerable.Range(1, 9).Select(n => Encode(queue, n, token: caller.Token))];
        await caller.CancelAsync();
        Device.Open();
        await SucceedsAsync(plug, 0);
        foreach (var task in gone)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(Limit));
        await SucceedsAsync(Encode(queue, 10), 10);
        Assert.Equal([[0], [10]], Device.Batches);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_DeadlinePassesInQueue_IsDeadlineExceededAndNeverRun()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var expired = Encode(queue, 1, deadline: In(1));
        var patient = Encode(queue, 2, deadline: In(10));
        Clock.Advance(TimeSpan.FromSeconds(1));
        Device.Release(2);
        await FailsAsync(expired, ClipErrorCode.DeadlineExceeded);
        await NextBatchIsAsync(2);
        await SucceedsAsync(patient, 2);
        Assert.Equal(DropReason.Expired, Assert.Single(Observer.Dropped));
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_DeadlineAlreadyPassed_IsRefusedAtOnce()
    {
        var queue = AddQueue();
        await FailsAsync(Encode(queue, 1, deadline: In(0)), ClipErrorCode.DeadlineExceeded);
        Assert.Empty(Device.Batches);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EncodeAsync_ExpiresWhileTheDeviceIsBusy_FailsThenAndNotWithTheNextBatch(bool hasDeadline)
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var context = new WorkContext(WorkPriority.Interactive, hasDeadline ? In(60) : null, default);
        var second = SubmitAsync(queue, 2, context with { Expiry = In(2) });
        var first = SubmitAsync(queue, 1, context with { Expiry = In(1) });
        var last = SubmitAsync(queue, 3, context with { Expiry = In(3) });

        Clock.Advance(TimeSpan.FromSeconds(1));
        await FailsAsync(first, ClipErrorCode.DeadlineExceeded);
        Assert.Equal(2, queue.QueueDepth);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await FailsAsync(second, ClipErrorCode.DeadlineExceeded);
        Assert.Equal([DropReason.Expired, DropReason.Expired], Observer.Dropped);

        Device.Release(2);
        await NextBatchIsAsync(3);
        await SucceedsAsync(last, 3);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_ExpiresWhileTheDeviceIsBusy_MakesRoom()
    {
        Options.QueueCapacity = 1;
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var context = new WorkContext(WorkPriority.Interactive, null, default) { WaitsForRoom = true };
        var queued = SubmitAsync(queue, 1, context with { Expiry = In(2) });
        var waiting = SubmitAsync(queue, 2, context with { Expiry = In(1) });
        var next = SubmitAsync(queue, 3, context);

        Clock.Advance(TimeSpan.FromSeconds(1));
        await FailsAsync(waiting, ClipErrorCode.DeadlineExceeded);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await FailsAsync(queued, ClipErrorCode.DeadlineExceeded);
        Assert.Equal(1, queue.QueueDepth);

        Device.Release(2);
        await NextBatchIsAsync(3);
        await SucceedsAsync(next, 3);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_ExpiresDuringTheQueueDelay_RunsBefore()
    {
        Options.MaxQueueDelay = TimeSpan.FromSeconds(10);
        var queue = AddQueue();
        var item = SubmitAsync(
            queue, 1, new WorkContext(WorkPriority.Interactive, null, default) { Expiry = In(4) });
        Clock.Advance(TimeSpan.FromSeconds(2));
        await NextBatchIsAsync(1);
        Device.Release();
        await SucceedsAsync(item, 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task Join_LaterDeadline_KeepsTheEntryAndNeverShortens()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var item = queue.Submit(1, new WorkContext(WorkPriority.Interactive, In(1), default));
        queue.Join(item, new WorkContext(WorkPriority.Interactive, In(5), default));
        queue.Join(item, new WorkContext(WorkPriority.Interactive, In(2), default));
        Clock.Advance(TimeSpan.FromSeconds(4));
        Device.Release(2);
        await SucceedsAsync(item.Task, 1);
    }
}
