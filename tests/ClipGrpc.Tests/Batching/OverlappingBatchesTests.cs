namespace ClipGrpc.Tests.Batching;

/// <summary>A device whose batches can leave cores idle before they have ended.</summary>
public sealed class OverlappingBatchesTests : BatchingTest
{
    public OverlappingBatchesTests()
    {
        OverlapsBatches = true;
        Device.LeavesCoresIdle = true;
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public void AddQueue_OneWorker_MakesASecondEncoderOnlyIfCoresAreLeftIdle(bool leavesCoresIdle, int encoders)
    {
        Device.LeavesCoresIdle = leavesCoresIdle;

        AddQueue();

        Assert.Equal(encoders, Device.Created);
    }

    [Fact(Timeout = 30_000)]
    public async Task CoreIdle_ItemsWait_StartsTheNextBatch()
    {
        var queue = AddQueue();
        var first = await PlugAsync(queue, Device);
        var second = EncodeAll(queue, [1, 2]);

        Device.LeaveCoreIdle();

        await NextBatchIsAsync(1, 2);
        Assert.False(first.IsCompleted);
        Device.Open();
        await SucceedsAsync(first, 0);
        await SucceedAsync(second);
    }

    [Fact(Timeout = 30_000)]
    public async Task CoreIdle_BatchTakesMoreTime_NextBatchIsInTimeAfterIt()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        var first = await PlugAsync(queue, Device);
        Clock.Advance(TimeSpan.FromSeconds(1)); // of 1.25
        var tight = Encode(queue, 1, deadline: In(1.6));
        var patient = Encode(queue, 2); // with it, the batch would take 1.5 s

        Device.LeaveCoreIdle();

        await NextBatchIsAsync(1);
        Device.Open();
        await SucceedsAsync(first, 0);
        await SucceedsAsync(tight, 1);
        await SucceedsAsync(patient, 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task CoreIdle_TwoBatchesRun_StartsNoThird()
    {
        var queue = AddQueue();
        var first = await PlugAsync(queue, Device);
        var second = EncodeAll(queue, [1]);
        Device.LeaveCoreIdle();
        await NextBatchIsAsync(1);
        var third = Encode(queue, 2);

        Device.LeaveCoreIdle();
        Device.LeaveCoreIdle();
        Device.Release();

        await NextBatchIsAsync(2);
        Assert.Equal(2, Device.MostRunning);
        Device.Open();
        await SucceedsAsync(first, 0);
        await SucceedAsync(second);
        await SucceedsAsync(third, 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task CoreIdle_BatchHasEnded_DoesNothing()
    {
        var queue = AddQueue();
        var first = await PlugAsync(queue, Device);
        Device.Release();
        await SucceedsAsync(first, 0);
        var second = Encode(queue, 1);
        var late = Device.LeaveCoreIdle;
        await NextBatchIsAsync(1);
        var third = Encode(queue, 2);

        Device.Release();
        await SucceedsAsync(second, 1);
        await NextBatchIsAsync(2);
        late();

        Assert.Equal(1, Device.MostRunning);
        Device.Open();
        await SucceedsAsync(third, 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task CoreIdle_NextBatchHasADeadline_EndsAfterTheEndingOne()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 10, beta: 0);
        var first = await PlugAsync(queue, Device);

        Device.LeaveCoreIdle();

        // 10 seconds of the ending batch and 10 of its own.
        await FailsAsync(Encode(queue, 1, deadline: In(15)), ClipErrorCode.Overloaded);
        var inTime = Encode(queue, 2, deadline: In(40));
        Device.Open();
        await SucceedsAsync(first, 0);
        await SucceedsAsync(inTime, 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task CoreIdle_BatchesOverlap_CostIsTheTimeBetweenTheirEnds()
    {
        Options.MaxBatchSize = 1;
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 10, beta: 0);
        var before = queue.Cost.Seconds(1);
        var ends = Enumerable.Range(0, 30).Select(_ => new SemaphoreSlim(0)).ToList();
        Device.Gated = false;
        Device.OnRun = inputs => Assert.True(ends[inputs[0]].Wait(Limit));

        // Each batch takes 12 seconds, of which it shares two with the one before and two with the next.
        var running = Encode(queue, 0);
        await NextBatchIsAsync(0);
        for (var i = 1; i < ends.Count; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(8));
            var next = Encode(queue, i);
            Device.LeaveCoreIdle();
            await NextBatchIsAsync(i);
            Clock.Advance(TimeSpan.FromSeconds(2));
            ends[i - 1].Release();
            await SucceedsAsync(running, i - 1);
            running = next;
        }

        Assert.Equal(before, queue.Cost.Seconds(1), tolerance: 0.5);
        ends[^1].Release();
        await SucceedsAsync(running, ends.Count - 1);
    }
}
