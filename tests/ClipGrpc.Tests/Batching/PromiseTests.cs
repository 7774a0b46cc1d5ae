using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

/// <summary>What is admitted is served in time, and leaves its place when its caller does.</summary>
public sealed class PromiseTests : BatchingTest
{
    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_CallersLeftTheQueue_TheirPlacesAreFree()
    {
        Options.QueueCapacity = 8;
        var queue = AddQueue();
        var plug = await PlugAsync(queue, Device);
        using var caller = new CancellationTokenSource();
        var stays = Encode(queue, 1);
        Task<EmbeddingResult>[] gone = [.. Enumerable.Range(2, 7).Select(n => Encode(queue, n, token: caller.Token))];
        await caller.CancelAsync();

        var next = EncodeAll(queue, Enumerable.Range(10, 7));

        Device.Open();
        await SucceedsAsync(plug, 0);
        await SucceedsAsync(stays, 1);
        await SucceedAsync(next, 10);
        Assert.All(gone, task => Assert.True(task.IsCanceled));
        Assert.Empty(Observer.Rejected);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_BulkWouldMakeTheInteractiveItemLate_StaysOut()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        await PlugAsync(queue, Device); // until 1.25 s
        var bulk = EncodeAll(queue, [10, 11, 12, 13], WorkPriority.Bulk);
        var interactive = Encode(queue, 1, deadline: In(2.9)); // 1.25 + 1.5 s: with one more, not with two
        Device.Release(3);
        await NextBatchIsAsync(1, 10);
        await NextBatchIsAsync(11, 12, 13);
        await SucceedsAsync(interactive, 1);
        await SucceedAsync(bulk, 10);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_LaterItemsWouldMakeAnAdmittedOneLate_WaitForTheNextBatch()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        await PlugAsync(queue, Device); // until 1.25 s
        var first = Encode(queue, 1, deadline: In(2.6)); // needs 1.25 + 1.25 s
        var later = EncodeAll(queue, [2, 3, 4]);
        Device.Release(3);
        await NextBatchIsAsync(1);
        await NextBatchIsAsync(2, 3, 4);
        await SucceedsAsync(first, 1);
        await SucceedAsync(later, 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_LaterInteractiveItemsWouldMakeAdmittedBulkWorkLate_BulkGoesFirst()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        await PlugAsync(queue, Device); // until 1.25 s
        var bulk = Encode(queue, 1, WorkPriority.Bulk, In(2.6)); // needs 1.25 + 1.25 s
        var later = EncodeAll(queue, [2, 3, 4, 5]);
        await FailsAsync(Encode(queue, 6, deadline: In(2.6)), ClipErrorCode.Overloaded);
        Device.Release(3);
        await NextBatchIsAsync(1);
        await NextBatchIsAsync(2, 3, 4, 5);
        await SucceedsAsync(bulk, 1);
        await SucceedAsync(later, 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_BothWorkersBusy_CountsBoth()
    {
        Options.Workers = 2;
        Options.MaxBatchSize = 1;
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 0, beta: 1);
        var running = EncodeAll(queue, [1, 2]); // both for a second
        await Device.NextBatchAsync();
        await Device.NextBatchAsync();

        await FailsAsync(Encode(queue, 3, deadline: In(1.6)), ClipErrorCode.Overloaded);
        var inTime = Encode(queue, 3, deadline: In(2));

        Device.OnRun = null;
        Device.Open();
        await SucceedAsync([.. running, inTime]);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_RunningBatchHasOverrun_DoesNotCountAsFree()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        var plug = await PlugAsync(queue, Device); // until 1.25 s
        Clock.Advance(TimeSpan.FromSeconds(100));

        var exception = await FailsAsync(Encode(queue, 1, deadline: In(1.3)), ClipErrorCode.Overloaded);

        Assert.True(exception.RetryAfter > TimeSpan.FromSeconds(90), $"{exception.RetryAfter}");
        Device.Open();
        await SucceedsAsync(plug, 0);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_RefusedInteractiveItem_RetryHintLeavesOutBulkThatWouldNotRunFirst()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        await PlugAsync(queue, Device); // until 1.25 s
        var bulk = EncodeAll(queue, Enumerable.Range(1, 20), WorkPriority.Bulk); // 10 s more

        var interactive = await FailsAsync(Encode(queue, 50, deadline: In(1.3)), ClipErrorCode.Overloaded);
        var more = await FailsAsync(Encode(queue, 50, WorkPriority.Bulk, deadline: In(1.3)), ClipErrorCode.Overloaded);

        Assert.Equal(1.25, interactive.RetryAfter!.Value.TotalSeconds, 3);
        Assert.Equal(11.25, more.RetryAfter!.Value.TotalSeconds, 3);
        Device.Open();
        await SucceedAsync(bulk);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_HeldBatchGetsAnItemWithANearDeadline_StartsInTimeForIt()
    {
        Options.MaxQueueDelay = TimeSpan.FromSeconds(1);
        var queue = AddQueue();
        var patient = Encode(queue, 1);
        var hasty = Encode(queue, 2, deadline: In(0.2));
        Clock.Advance(TimeSpan.FromSeconds(0.19));
        Device.Open();
        await SucceedAsync([patient, hasty]);
    }
}
