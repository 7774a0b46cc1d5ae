using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

public sealed class DeviceSchedulerTests : BatchingTest
{
    [Fact(Timeout = 30_000)]
    public async Task Serve_TwoBusyQueues_GetHalfOfTheTimeEach()
    {
        // The second queue's batches take three times as long, so it gets a third of the batches.
        Options.MaxBatchSize = 1;
        Options.QueueCapacity = 1000;
        Device.OnRun = inputs => Clock.Advance(TimeSpan.FromSeconds(inputs[0] < 1000 ? 1 : 3));
        var first = AddQueue("first");
        var second = AddQueue("second");
        await PlugAsync(first, Device);
        var short1 = EncodeAll(first, Enumerable.Range(1, 300));
        var long3 = EncodeAll(second, Enumerable.Range(1000, 300));
        Device.Open();
        await SucceedAsync(short1);

        var shorts = 0;
        var longs = 0;
        foreach (var batch in Device.Batches.Skip(1).Take(200))
            _ = batch[0] < 1000 ? shorts++ : longs++;
        Assert.InRange(shorts, 149, 151);
        Assert.InRange(longs, 49, 51);
        await SucceedAsync(long3, 1000);
    }

    [Fact(Timeout = 30_000)]
    public async Task Serve_BatchTookLongerThanExpected_TheOtherQueueGetsAsMuchTime()
    {
        Options.MaxBatchSize = 1;
        Device.OnRun = inputs => Clock.Advance(TimeSpan.FromSeconds(inputs[0] == 0 ? 100 : 1));
        var first = AddQueue("first");
        var second = AddQueue("second");
        await PlugAsync(first, Device);
        var behind = EncodeAll(first, Enumerable.Range(1, 5));
        var before = EncodeAll(second, Enumerable.Range(1000, 5));
        Device.Open();
        await SucceedAsync(behind);
        await SucceedAsync(before, 1000);

        Assert.Equal([1000, 1001, 1002, 1003, 1004], Device.Batches.Skip(1).Take(5).Select(batch => batch[0]));
    }

    [Fact(Timeout = 30_000)]
    public async Task Serve_QueueThatWasIdle_StartsWithoutCredit()
    {
        Options.MaxBatchSize = 1;
        Options.QueueCapacity = 1000;
        Device.OnRun = _ => Clock.Advance(TimeSpan.FromSeconds(1));
        var busy = AddQueue("busy");
        var idle = AddQueue("idle");
        Device.Open();
        await SucceedAsync(EncodeAll(busy, Enumerable.Range(1, 100)));
        Device.Batches.Clear();

        using var gate = new ManualResetEventSlim();
        Device.OnRun = _ =>
        {
            Assert.True(gate.Wait(Limit));
            Clock.Advance(TimeSpan.FromSeconds(1));
        };
        var busyTasks = EncodeAll(busy, Enumerable.Range(1, 40));
        var idleTasks = EncodeAll(idle, Enumerable.Range(1000, 40));
        gate.Set();
        await SucceedAsync(busyTasks);
        await SucceedAsync(idleTasks, 1000);
        Assert.InRange(Device.Batches.Take(40).Count(batch => batch[0] >= 1000), 19, 21);
    }

    [Fact(Timeout = 30_000)]
    public async Task AddQueue_Dispose_UnderLoad_OthersGoOnAndAllAreAnswered()
    {
        Device.Open();
        var steady = AddQueue("steady");
        using var stop = new CancellationTokenSource();
        var load = Task.Run(async () =>
        {
            var n = 0;
            while (!stop.IsCancellationRequested)
                await SucceedAsync(EncodeAll(steady, [++n, n + 1, n + 2]), n);
            return n;
        });
        for (var round = 0; round < 50; round++)
        {
            var queue = AddQueue($"queue {round}");
            var tasks = EncodeAll(queue, Enumerable.Range(1, 10));
            await queue.DisposeAsync().AsTask().WaitAsync(Limit);
            Assert.All(tasks, task => Assert.True(task.IsCompleted));
            await SucceedAsync(tasks);
            Assert.Equal(QueueState.Closed, queue.State);
            Assert.True(queue.Faulted.IsCanceled);
            await FailsAsync(Encode(queue, 1), ClipErrorCode.Unavailable);
        }

        await stop.CancelAsync();
        Assert.True(await load.WaitAsync(Limit) > 0);
        Assert.Equal(51, Device.Created);
        Assert.Equal(50, Device.Disposed);
        Assert.Equal(["steady"], Observer.Opened.Except(Observer.Closed));
    }

    [Fact(Timeout = 30_000)]
    public void AddQueue_EncoderCannotBeMade_ThrowsAndLeavesNothingBehind()
    {
        Options.Workers = 2;
        Device.OnCreate = number => _ = number == 2 ? throw new IOException("no memory") : number;
        Assert.Throws<IOException>(() => AddQueue());
        Assert.Equal(1, Device.Disposed);
        Assert.Empty(Observer.Opened);
    }
}
