using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

public sealed class TowerQueueTests : BatchingTest
{
    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_IdleDevice_RunsAtOnceAlone()
    {
        var queue = AddQueue();
        var task = Encode(queue, 7);
        await NextBatchIsAsync(7);
        Device.Release();
        await SucceedsAsync(task, 7);
        Assert.Equal(1, (await task).BatchSize);
        Assert.Equal(("queue", 1, 4, BatchReason.WorkConserving), Assert.Single(Observer.Started));
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_BusyDevice_FormsTheBatchWhenItIsFree()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var early = EncodeAll(queue, [1, 2]);
        Clock.Advance(TimeSpan.FromSeconds(3));
        var later = EncodeAll(queue, [3]);
        Assert.Equal(3, queue.QueueDepth);
        Device.OnRun = _ => Clock.Advance(TimeSpan.FromSeconds(1));
        Device.Release();

        await NextBatchIsAsync(1, 2, 3);
        Device.Release();
        await SucceedAsync([.. early, .. later]);
        var first = await early[0];
        Assert.Equal(
            (TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(1), 3), (first.Queued, first.Inference, first.BatchSize));
        Assert.Equal(0, queue.QueueDepth);
        Assert.Equal(0, Observer.LastDepth);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_MoreThanABatch_IsCutAtTheMaximumInOrder()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var tasks = EncodeAll(queue, Enumerable.Range(1, 9));
        Device.Release(4);
        await NextBatchIsAsync(1, 2, 3, 4);
        await NextBatchIsAsync(5, 6, 7, 8);
        await NextBatchIsAsync(9);
        await SucceedAsync(tasks);
        Assert.Equal(
            [BatchReason.WorkConserving, BatchReason.Full, BatchReason.Full, BatchReason.WorkConserving],
            Observer.Started.Select(batch => batch.Reason));
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_BothPriorities_InteractiveGoesFirst()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var bulk = EncodeAll(queue, [1, 2, 3], WorkPriority.Bulk);
        var interactive = EncodeAll(queue, [4, 5]);
        Device.Release(3);
        await NextBatchIsAsync(4, 5, 1, 2);
        await NextBatchIsAsync(3);
        await SucceedAsync([.. bulk, .. interactive]);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_EndlessInteractive_BulkLeadsAfterItsPatience()
    {
        Options.BulkPatience = 2;
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var bulk = Encode(queue, 100, WorkPriority.Bulk);
        var interactive = EncodeAll(queue, Enumerable.Range(1, 15));
        Device.Release(5);
        await NextBatchIsAsync(1, 2, 3, 4);
        await NextBatchIsAsync(5, 6, 7, 8);
        await NextBatchIsAsync(100, 9, 10, 11);
        await NextBatchIsAsync(12, 13, 14, 15);
        await SucceedsAsync(bulk, 100);
        await SucceedAsync(interactive);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_64Callers_EachGetsItsOwnResultFromSharedBatches()
    {
        Options.MaxBatchSize = 16;
        var queue = AddQueue();
        var plug = await PlugAsync(queue, Device);
        using var start = new Barrier(64);
        Task<Task<EmbeddingResult>>[] callers =
        [
            .. Enumerable.Range(1, 64).Select(n => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait(Limit);
                    return Encode(queue, n);
                },
                TestContext.Current.CancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)),
        ];
        var tasks = await Task.WhenAll(callers).WaitAsync(Limit);
        Device.Open();
        await SucceedsAsync(plug, 0);
        await SucceedAsync(tasks);
        Assert.Equal(65, Device.Batches.Sum(batch => batch.Length));
        Assert.Equal([1, 16, 16, 16, 16], Device.Batches.Select(batch => batch.Length));
        Assert.Equal(65, Observer.Queued.Count);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_TwoWorkers_RunsTwoBatchesOfAQueueAtOnce()
    {
        Options.Workers = 2;
        var queue = AddQueue();
        Assert.Equal(2, Device.Created);
        var first = Encode(queue, 1);
        await Device.NextBatchAsync();
        var second = Encode(queue, 2);
        await Device.NextBatchAsync();
        var rest = EncodeAll(queue, [3, 4]);
        Assert.Equal(2, queue.QueueDepth);
        Device.Release(3);
        await SucceedAsync([first, second, .. rest]);
        Assert.Equal(2, Device.MostRunning);
    }

    [Fact(Timeout = 30_000)]
    public async Task WarmUpAsync_EverySize_IsRunTwicePerEncoderAndMeasuredOnce()
    {
        Options.Workers = 2;
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 0.5, beta: 0.25);
        Assert.Equal([1, 1, 1, 1, 4, 4, 4, 4], Device.Batches.Select(batch => batch.Length));
        Assert.Equal(0.5, queue.Cost.Alpha, 6);
        Assert.Equal(0.25, queue.Cost.Beta, 6);
        Assert.Empty(Observer.Started);
    }

    [Fact(Timeout = 30_000)]
    public async Task WarmUpAsync_SizesThatNeedNoRepetition_AreRunOnceAfterTheFirst()
    {
        var queue = AddQueue();
        // The first pass of all is slow and must not count.
        var isFirst = true;
        Device.OnRun = inputs =>
        {
            Clock.Advance(TimeSpan.FromSeconds((isFirst ? 60 : 0) + 0.5 + 0.25 * inputs.Length));
            isFirst = false;
        };
        Device.Gated = false;

        await queue.WarmUpAsync(99, new WarmUpPlan(1, 4) { RepeatsEverySize = false }, CancellationToken.None)
            .WaitAsync(Limit);

        Assert.Equal([1, 1, 4], Device.Batches.Select(batch => batch.Length));
        Assert.Equal(0.5, queue.Cost.Alpha, 6);
        Assert.Equal(0.25, queue.Cost.Beta, 6);
    }

    [Fact(Timeout = 30_000)]
    public async Task WarmUpAsync_PassBeyondTheLimit_IsLeftOutAndLearntFromWork()
    {
        var queue = AddQueue();
        Device.OnRun = inputs => Clock.Advance(TimeSpan.FromSeconds(0.5 + 2 * inputs.Length));
        Device.Gated = false;

        await queue.WarmUpAsync(
            99,
            new WarmUpPlan(1, 4) { RepeatsEverySize = false, LongestPass = TimeSpan.FromSeconds(9) },
            CancellationToken.None)
            .WaitAsync(Limit);

        Assert.Equal([1, 1], Device.Batches.Select(batch => batch.Length));
        Assert.Equal((0, 2.5), (queue.Cost.Alpha, queue.Cost.Beta));
        await Device.NextBatchAsync();
        await Device.NextBatchAsync();

        Device.Gated = true;
        var plug = await PlugAsync(queue, Device);
        var work = EncodeAll(queue, [1, 2, 3, 4]);
        Device.Open();
        await SucceedsAsync(plug, 0);
        await SucceedAsync(work);
        Assert.Equal(4, Device.Batches.Last().Length);
        Assert.Equal(0.5, queue.Cost.Alpha, 6);
        Assert.Equal(2, queue.Cost.Beta, 6);
    }

    [Fact(Timeout = 30_000)]
    public async Task WarmUpAsync_LongFirstPass_IsMeasuredAndNotRepeated()
    {
        var queue = AddQueue();
        Device.OnRun = inputs => Clock.Advance(TimeSpan.FromSeconds(2.5 * inputs.Length));
        Device.Gated = false;

        await queue.WarmUpAsync(
            99,
            new WarmUpPlan(1, 4) { RepeatsEverySize = false, LongestPass = TimeSpan.FromSeconds(1) },
            CancellationToken.None)
            .WaitAsync(Limit);

        Assert.Equal([1], Device.Batches.Select(batch => batch.Length));
        Assert.Equal((0, 2.5), (queue.Cost.Alpha, queue.Cost.Beta));
    }

    [Fact]
    public void AddQueue_BucketsNotAscending_Throws() =>
        Assert.Throws<ArgumentException>(() => AddQueue(buckets: [8, 8]));
}
