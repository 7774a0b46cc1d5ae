using System.Collections.Concurrent;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

public sealed class WaitingForRoomTests : BatchingTest
{
    public WaitingForRoomTests()
    {
        Options.QueueCapacity = 1;
        Options.MaxBatchSize = 1;
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_QueueFull_WaitersEnterInTheOrderOfArrivalAndNobodyOvertakes()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var queued = Encode(queue, 1);
        Task<EmbeddingResult>[] waiting = [.. Enumerable.Range(2, 4).Select(n => Wait(queue, n))];

        Device.Release(); // the plug; 1 runs, 2 takes its place
        await NextBatchIsAsync(1);
        await FailsAsync(Encode(queue, 9), ClipErrorCode.Overloaded);
        Device.Release(5);

        foreach (var input in (int[])[2, 3, 4, 5])
            await NextBatchIsAsync(input);
        await SucceedsAsync(queued, 1);
        await SucceedAsync(waiting, 2);
        Assert.Equal(0, queue.QueueDepth);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_WaiterLeaves_EndsAtOnceAndIsReleasedOnce()
    {
        var released = new ConcurrentQueue<int>();
        var queue = Scheduler.AddQueue(new TowerQueueDefinition<int>
        {
            Name = "queue",
            CreateEncoder = Device.Create,
            Release = released.Enqueue,
        });
        await PlugAsync(queue, Device);
        var queued = Encode(queue, 1);
        using var caller = new CancellationTokenSource();
        var gone = Wait(queue, 2, token: caller.Token);
        var stays = Wait(queue, 3);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.WaitAsync(Limit));
        Assert.Equal(2, Assert.Single(released));
        Device.Open();
        await SucceedsAsync(queued, 1);
        await SucceedsAsync(stays, 3);
        Assert.DoesNotContain(Device.Batches, batch => batch.Contains(2));
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_QueuedCallerLeaves_TheFirstWaiterGetsItsPlace()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        using var caller = new CancellationTokenSource();
        var gone = Encode(queue, 1, token: caller.Token);
        var next = Wait(queue, 2);

        await caller.CancelAsync();

        Assert.Equal(1, queue.QueueDepth);
        Device.Release(2);
        await NextBatchIsAsync(2);
        await SucceedsAsync(next, 2);
        Assert.True(gone.IsCanceled);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_DeadlinePassesWhileWaitingForRoom_IsDeadlineExceededAndNeverRun()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var queued = Encode(queue, 1);
        var expires = Wait(queue, 2, deadline: In(1));
        var next = Wait(queue, 3);
        Clock.Advance(TimeSpan.FromSeconds(1));
        Device.Open();
        await FailsAsync(expires, ClipErrorCode.DeadlineExceeded);
        await SucceedsAsync(queued, 1);
        await SucceedsAsync(next, 3);
        Assert.DoesNotContain(Device.Batches, batch => batch.Contains(2));
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_DeadlineCannotBeMet_WaitsAsLongAsTheCallerDoesAndHoldsUpNobody()
    {
        Options.QueueCapacity = 8;
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 0, beta: 1);
        await PlugAsync(queue, Device); // until 1 s
        using var caller = new CancellationTokenSource();
        var hopeless = Wait(queue, 1, deadline: In(1.5), caller.Token);
        var inTime = Encode(queue, 2, deadline: In(2));
        Assert.False(hopeless.IsCompleted);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hopeless.WaitAsync(Limit));
        Device.Release(2);
        await NextBatchIsAsync(2);
        await SucceedsAsync(inTime, 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task DisposeAsync_WaitersForRoom_AreUnavailableAndTheQueueIsServed()
    {
        var queue = AddQueue();
        var plug = await PlugAsync(queue, Device);
        var queued = Encode(queue, 1);
        var waiting = Wait(queue, 2);

        var closing = queue.DisposeAsync().AsTask();

        await FailsAsync(waiting, ClipErrorCode.Unavailable);
        Device.Open();
        await closing.WaitAsync(Limit);
        await SucceedsAsync(plug, 0);
        await SucceedsAsync(queued, 1);
    }

    private static Task<EmbeddingResult> Wait(
        TowerQueue<int> queue, int input, DateTimeOffset? deadline = null, CancellationToken token = default) =>
        SubmitAsync(
            queue, input, new WorkContext(WorkPriority.Interactive, deadline, token) { WaitsForRoom = true });
}
