using ClipGrpc.Serving.Batching;


namespace ClipGrpc.Tests.Batching;

public sealed class BatchLaneDropTests : BatchingTest
{
    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_CancelledInQueue_IsToldAtOnceAndNeverRun()
    {
        BatchLane<int> lane = AddLane();
        await PlugAsync(lane, Device);
        using var caller = new CancellationTokenSource();
        Task<EncodedItem> first = Encode(lane, 1);
        Task<EncodedItem> gone = Encode(lane, 2, token: caller.Token);
        Task<EncodedItem> last = Encode(lane, 3);
        await caller.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.WaitAsync(Limit));
        Assert.Equal(caller.Token, exception.CancellationToken);
        Assert.Equal(2, lane.QueueDepth);
        Assert.Equal(DropReason.Cancelled, Assert.Single(Observer.Dropped));

        Device.Release(2);
        await NextBatchIsAsync(1, 3);
        await SucceedsAsync(first, 1);
        await SucceedsAsync(last, 3);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_CancelledWhileItRuns_IsToldAtOnceAndNeighboursAreAnswered()
    {
        BatchLane<int> lane = AddLane();
        await PlugAsync(lane, Device);
        using var caller = new CancellationTokenSource();
        Task<EncodedItem> gone = Encode(lane, 1, token: caller.Token);
        Task<EncodedItem> neighbour = Encode(lane, 2);
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
        BatchLane<int> lane = AddLane();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Encode(lane, 1, token: new CancellationToken(canceled: true)));
        Assert.Equal(0, lane.QueueDepth);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_AllCancelled_RunsNothing()
    {
        BatchLane<int> lane = AddLane();
        Task<EncodedItem> plug = await PlugAsync(lane, Device);
        using var caller = new CancellationTokenSource();
        Task<EncodedItem>[] gone = [.. Enumerable.Range(1, 9).Select(n => Encode(lane, n, token: caller.Token))];
        await caller.CancelAsync();
        Device.Open();
        await SucceedsAsync(plug, 0);
        foreach (Task<EncodedItem> task in gone)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(Limit));
        await SucceedsAsync(Encode(lane, 10), 10);
        Assert.Equal([[0], [10]], Device.Batches);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_DeadlinePassesInQueue_IsDeadlineExceededAndNeverRun()
    {
        BatchLane<int> lane = AddLane();
        await PlugAsync(lane, Device);
        Task<EncodedItem> expired = Encode(lane, 1, deadline: In(1));
        Task<EncodedItem> patient = Encode(lane, 2, deadline: In(10));
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
        BatchLane<int> lane = AddLane();
        await FailsAsync(Encode(lane, 1, deadline: In(0)), ClipErrorCode.DeadlineExceeded);
        Assert.Empty(Device.Batches);
    }

    [Fact(Timeout = 30_000)]
    public async Task ExtendDeadline_InQueue_KeepsTheEntryAndNeverShortens()
    {
        BatchLane<int> lane = AddLane();
        await PlugAsync(lane, Device);
        WorkItem<int> item = lane.Submit(1, new WorkContext(WorkPriority.Interactive, In(1), default));
        lane.ExtendDeadline(item, In(5));
        lane.ExtendDeadline(item, In(2));
        Clock.Advance(TimeSpan.FromSeconds(4));
        Device.Release(2);
        await SucceedsAsync(item.Task, 1);
    }
}
