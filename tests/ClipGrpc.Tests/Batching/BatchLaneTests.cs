using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

public sealed class BatchLaneTests : BatchingTest
{
    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_IdleDevice_RunsAtOnceAlone()
    {
        var lane = AddLane();
        var task = Encode(lane, 7);
        await NextBatchIsAsync(7);
        Device.Release();
        await SucceedsAsync(task, 7);
        Assert.Equal(1, (await task).BatchSize);
        Assert.Equal(("lane", 1, 4, BatchReason.WorkConserving), Assert.Single(Observer.Started));
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_BusyDevice_FormsTheBatchWhenItIsFree()
    {
        var lane = AddLane();
        await PlugAsync(lane, Device);
        var early = EncodeAll(lane, [1, 2]);
        Clock.Advance(TimeSpan.FromSeconds(3));
        var later = EncodeAll(lane, [3]);
        Assert.Equal(3, lane.QueueDepth);
        Device.OnRun = _ => Clock.Advance(TimeSpan.FromSeconds(1));
        Device.Release();

        await NextBatchIsAsync(1, 2, 3);
        Device.Release();
        await SucceedAsync([.. early, .. later]);
        var first = await early[0];
        Assert.Equal(
            (TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(1), 3), (first.Queued, first.Inference, first.BatchSize));
        Assert.Equal(0, lane.QueueDepth);
        Assert.Equal(0, Observer.LastDepth);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_MoreThanABatch_IsCutAtTheMaximumInOrder()
    {
        var lane = AddLane();
        await PlugAsync(lane, Device);
        var tasks = EncodeAll(lane, Enumerable.Range(1, 9));
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
        var lane = AddLane();
        await PlugAsync(lane, Device);
        var bulk = EncodeAll(lane, [1, 2, 3], WorkPriority.Bulk);
        var interactive = EncodeAll(lane, [4, 5]);
        Device.Release(3);
        await NextBatchIsAsync(4, 5, 1, 2);
        await NextBatchIsAsync(3);
        await SucceedAsync([.. bulk, .. interactive]);
    }

    [Fact(Timeout = 30_000)]
    public async Task EncodeAsync_EndlessInteractive_BulkLeadsAfterItsPatience()
    {
        Options.BulkPatience = 2;
        var lane = AddLane();
        await PlugAsync(lane, Device);
        var bulk = Encode(lane, 100, WorkPriority.Bulk);
        var interactive = EncodeAll(lane, Enumerable.Range(1, 15));
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
        var lane = AddLane();
        var plug = await PlugAsync(lane, Device);
        using var start = new Barrier(64);
        Task<Task<EmbeddingResult>>[] callers =
        [
            .. Enumerable.Range(1, 64).Select(n => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait(Limit);
                    return Encode(lane, n);
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
    public async Task EncodeAsync_TwoWorkers_RunsTwoBatchesOfALaneAtOnce()
    {
        Options.Workers = 2;
        var lane = AddLane();
        Assert.Equal(2, Device.Created);
        var first = Encode(lane, 1);
        await Device.NextBatchAsync();
        var second = Encode(lane, 2);
        await Device.NextBatchAsync();
        var rest = EncodeAll(lane, [3, 4]);
        Assert.Equal(2, lane.QueueDepth);
        Device.Release(3);
        await SucceedAsync([first, second, .. rest]);
        Assert.Equal(2, Device.MostRunning);
    }

    [Fact(Timeout = 30_000)]
    public async Task WarmUpAsync_EverySize_IsRunTwicePerEncoderAndMeasuredOnce()
    {
        Options.Workers = 2;
        var lane = AddLane();
        await MeasureAsync(lane, alpha: 0.5, beta: 0.25);
        Assert.Equal([1, 1, 1, 1, 4, 4, 4, 4], Device.Batches.Select(batch => batch.Length));
        Assert.Equal(0.5, lane.Cost.Alpha, 6);
        Assert.Equal(0.25, lane.Cost.Beta, 6);
        Assert.Empty(Observer.Started);
    }

    [Fact(Timeout = 30_000)]
    public async Task WarmUpAsync_SizesThatNeedNoRepetition_AreRunOnceAfterTheFirst()
    {
        var lane = AddLane();
        // The first pass of all is slow and must not count.
        var isFirst = true;
        Device.OnRun = inputs =>
        {
            Clock.Advance(TimeSpan.FromSeconds((isFirst ? 60 : 0) + 0.5 + 0.25 * inputs.Length));
            isFirst = false;
        };
        Device.Gated = false;

        await lane.WarmUpAsync(99, new WarmUpPlan(1, 4) { RepeatsEverySize = false }, CancellationToken.None)
            .WaitAsync(Limit);

        Assert.Equal([1, 1, 4], Device.Batches.Select(batch => batch.Length));
        Assert.Equal(0.5, lane.Cost.Alpha, 6);
        Assert.Equal(0.25, lane.Cost.Beta, 6);
    }

    [Fact(Timeout = 30_000)]
    public async Task WarmUpAsync_PassBeyondTheLimit_IsLeftOutAndLearntFromWork()
    {
        var lane = AddLane();
        Device.OnRun = inputs => Clock.Advance(TimeSpan.FromSeconds(0.5 + 2 * inputs.Length));
        Device.Gated = false;

        await lane.WarmUpAsync(
            99,
            new WarmUpPlan(1, 4) { RepeatsEverySize = false, LongestPass = TimeSpan.FromSeconds(9) },
            CancellationToken.None)
            .WaitAsync(Limit);

        Assert.Equal([1, 1], Device.Batches.Select(batch => batch.Length));
        Assert.Equal((0, 2.5), (lane.Cost.Alpha, lane.Cost.Beta));
        await Device.NextBatchAsync();
        await Device.NextBatchAsync();

        Device.Gated = true;
        var plug = await PlugAsync(lane, Device);
        var work = EncodeAll(lane, [1, 2, 3, 4]);
        Device.Open();
        await SucceedsAsync(plug, 0);
        await SucceedAsync(work);
        Assert.Equal(4, Device.Batches.Last().Length);
        Assert.Equal(0.5, lane.Cost.Alpha, 6);
        Assert.Equal(2, lane.Cost.Beta, 6);
    }

    [Fact(Timeout = 30_000)]
    public async Task WarmUpAsync_LongFirstPass_IsMeasuredAndNotRepeated()
    {
        var lane = AddLane();
        Device.OnRun = inputs => Clock.Advance(TimeSpan.FromSeconds(2.5 * inputs.Length));
        Device.Gated = false;

        await lane.WarmUpAsync(
            99,
            new WarmUpPlan(1, 4) { RepeatsEverySize = false, LongestPass = TimeSpan.FromSeconds(1) },
            CancellationToken.None)
            .WaitAsync(Limit);

        Assert.Equal([1], Device.Batches.Select(batch => batch.Length));
        Assert.Equal((0, 2.5), (lane.Cost.Alpha, lane.Cost.Beta));
    }

    [Fact]
    public void AddLane_BucketsNotAscending_Throws() =>
        Assert.Throws<ArgumentException>(() => AddLane(buckets: [8, 8]));
}
