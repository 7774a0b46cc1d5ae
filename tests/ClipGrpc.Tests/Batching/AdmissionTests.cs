using System.Collections.Concurrent;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

public sealed class AdmissionTests : BatchingTest
{
    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_FullQueue_IsOverloadedAtOnceWithTheDrainTime()
    {
        Options.QueueCapacity = 8;
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        await PlugAsync(queue, Device);
        var accepted = EncodeAll(queue, Enumerable.Range(1, 8));
        var refused = Encode(queue, 9);
        Assert.True(refused.IsFaulted);

        // The plug takes 1.25 s, then two batches of four 2 s each.
        var exception = await FailsAsync(refused, ClipErrorCode.Overloaded);
        Assert.Equal(5.25, exception.RetryAfter!.Value.TotalSeconds, 3);
        Assert.Contains("8 items", exception.Message);
        Assert.Equal(RejectionReason.QueueFull, Assert.Single(Observer.Rejected));
        Device.Open();
        await SucceedAsync(accepted);
    }

    [Fact(Timeout = 30_000)]
    public async Task Submit_CallerLeavesWhileTheQueueIsFull_ReleasesTheInputOnceAndRefusesNothing()
    {
        const int Leaving = 7;
        Options.QueueCapacity = 1;
        using var caller = new CancellationTokenSource();
        var released = new ConcurrentQueue<int>();
        var queue = Scheduler.AddQueue(new TowerQueueDefinition<int>
        {
            Name = "queue",
            CreateEncoder = Device.Create,
            Release = released.Enqueue,
            Length = input =>
            {
                // After the check for callers that are gone, before the queue is asked.
                if (input == Leaving)
                    caller.Cancel();
                return 1;
            },
        });
        var plug = await PlugAsync(queue, Device);
        var waiting = Encode(queue, 1);

        var item = queue.Submit(Leaving, new WorkContext(WorkPriority.Interactive, null, caller.Token));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => item.Task.WaitAsync(Limit));
        Assert.Equal(Leaving, Assert.Single(released));
        Device.Open();
        await SucceedsAsync(plug, 0);
        await SucceedsAsync(waiting, 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_FullQueueNothingMeasured_StillSaysWhenToRetry()
    {
        Options.QueueCapacity = 1;
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var accepted = Encode(queue, 1);
        var exception = await FailsAsync(Encode(queue, 2), ClipErrorCode.Overloaded);
        Assert.True(exception.RetryAfter > TimeSpan.Zero);
        Device.Open();
        await SucceedsAsync(accepted, 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_QueueTooLongForTheDeadline_IsOverloadedAtOnce()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        await PlugAsync(queue, Device); // until 1.25 s
        var accepted = EncodeAll(queue, [1, 2, 3, 4]); // until 3.25 s

        var exception = await FailsAsync(Encode(queue, 5, deadline: In(4.4)), ClipErrorCode.Overloaded);
        Assert.Equal(3.25, exception.RetryAfter!.Value.TotalSeconds, 3);
        var inTime = Encode(queue, 5, deadline: In(4.6)); // needs 3.25 + 1.25
        Assert.False(inTime.IsCompleted);
        Assert.Equal(RejectionReason.Deadline, Assert.Single(Observer.Rejected));
        Device.Open();
        await SucceedAsync([.. accepted, inTime]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Expect_QueueTooLongForTheDeadline_RefusesWhatSubmitWould()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        await PlugAsync(queue, Device); // until 1.25 s
        var accepted = EncodeAll(queue, [1, 2, 3, 4]); // until 3.25 s

        queue.Unexpect(queue.Expect(
            1, new WorkContext(WorkPriority.Interactive, In(4.6), CancellationToken.None), Readiness.Now));
        var exception = Assert.Throws<ClipException>(
            () => queue.Expect(
                1, new WorkContext(WorkPriority.Interactive, In(4.4), CancellationToken.None), Readiness.Now));

        Assert.Equal(ClipErrorCode.Overloaded, exception.Code);
        Assert.Equal(3.25, exception.RetryAfter!.Value.TotalSeconds, 3);
        Assert.Equal(RejectionReason.Deadline, Assert.Single(Observer.Rejected));
        Device.Open();
        await SucceedAsync(accepted);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_BulkAhead_DoesNotCountForInteractive()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        await PlugAsync(queue, Device);
        var bulk = EncodeAll(queue, [1, 2, 3, 4], WorkPriority.Bulk);
        var interactive = Encode(queue, 5, deadline: In(4.4));
        Assert.False(interactive.IsFaulted);
        await FailsAsync(Encode(queue, 6, WorkPriority.Bulk, In(4.4)), ClipErrorCode.Overloaded);
        Device.Open();
        await SucceedAsync([.. bulk, interactive]);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_OtherQueueBusy_ItsFairShareCounts()
    {
        var queue = AddQueue();
        var other = AddQueue("other");
        await MeasureAsync(other, alpha: 1, beta: 0.25);
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        await PlugAsync(queue, Device); // until 1.25 s
        var others = EncodeAll(other, Enumerable.Range(1, 40)); // 20 s, but no more than this queue's share
        await FailsAsync(Encode(queue, 5, deadline: In(3.7)), ClipErrorCode.Overloaded);
        var inTime = Encode(queue, 5, deadline: In(3.8)); // 1.25 + 1.25 + 1.25
        Assert.False(inTime.IsFaulted);
        Device.Open();
        await SucceedsAsync(inTime, 5);
        await SucceedAsync(others);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_IdleDeviceAndHopelessEstimate_TriesAndLearns()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 10, beta: 1);
        Device.Open();
        Device.OnRun = _ => Clock.Advance(TimeSpan.FromMilliseconds(10));
        var before = queue.Cost.Seconds(1);
        await SucceedsAsync(Encode(queue, 1, deadline: In(1)), 1);
        Assert.True(queue.Cost.Seconds(1) < before);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_FirstDeadlineNear_BatchIsCutToMeetIt()
    {
        Options.MaxBatchSize = 16;
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 0.1, beta: 0.2);
        await PlugAsync(queue, Device); // until 0.3 s
        var first = Encode(queue, 1, deadline: In(1.35)); // leaves 1.05 s: 0.1 + 4 x 0.2
        var rest = EncodeAll(queue, Enumerable.Range(2, 7));
        Device.Release(3);
        await NextBatchIsAsync(1, 2, 3, 4);
        await NextBatchIsAsync(5, 6, 7, 8);
        await SucceedAsync([first, .. rest]);
        Assert.Contains(Observer.Started, batch => batch.Reason == BatchReason.Deadline);
        Assert.Empty(Observer.Rejected);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_DeadlineCannotBeMetAnyMore_IsOverloadedAndNeverRun()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        await PlugAsync(queue, Device);
        var late = Encode(queue, 1, deadline: In(3));
        var other = Encode(queue, 2);
        Clock.Advance(TimeSpan.FromSeconds(1)); // the plug takes 1 s longer than expected
        Device.Release(2);
        var exception = await FailsAsync(late, ClipErrorCode.Overloaded);
        Assert.NotNull(exception.RetryAfter);
        await SucceedsAsync(other, 2);
        Assert.Equal([2], Device.Batches.Last());
    }
}
