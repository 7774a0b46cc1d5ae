using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

public sealed class FailureTests : BatchingTest
{
    private const string Secret = "CUDA error 700 at 0xdeadbeef";

    [Fact(Timeout = 30_000)]
    public async Task Encode_Throws_BatchIsInternalAndTheNextOneRunsInANewEncoder()
    {
        var queue = AddQueue();
        Device.OnRun = inputs => FailOn(inputs, 0);
        var plug = await PlugAsync(queue, Device);
        var waiting = EncodeAll(queue, [1, 2]);
        Device.Open();
        var exception = await FailsAsync(plug, ClipErrorCode.Internal);
        Assert.DoesNotContain("CUDA", exception.ToString());
        await SucceedAsync(waiting);
        Assert.Equal(2, Device.Created);
        Assert.Equal(1, Device.Disposed);
        Assert.Equal(QueueState.Serving, queue.State);
        Assert.Contains(Observer.Finished, batch => !batch.Succeeded);
    }

    [Fact(Timeout = 30_000)]
    public async Task Encode_FailsThreeTimesInARow_FaultsTheQueueAndNoOther()
    {
        Options.MaxBatchSize = 1;
        var bad = AddQueue("bad");
        var goodDevice = new ScriptedDevice { Gated = false };
        var good = AddQueue("good", goodDevice);
        await PlugAsync(bad, Device);
        Device.OnRun = _ => throw new InvalidOperationException(Secret);
        var tasks = EncodeAll(bad, [1, 2, 3, 4, 5]);
        var others = EncodeAll(good, Enumerable.Range(1, 20));
        Device.Open();

        var cause = await bad.Faulted.WaitAsync(Limit);
        Assert.Equal(Secret, cause.Message);
        Assert.Equal(QueueState.Faulted, bad.State);
        await FailsAsync(tasks[0], ClipErrorCode.Internal);
        await FailsAsync(tasks[1], ClipErrorCode.Internal);
        for (var i = 2; i < 5; i++)
            await FailsAsync(tasks[i], ClipErrorCode.Unavailable);
        await FailsAsync(Encode(bad, 6), ClipErrorCode.Unavailable);
        await Assert.ThrowsAsync<ClipException>(
            () => bad.WarmUpAsync(1, new WarmUpPlan(1), CancellationToken.None).WaitAsync(Limit));
        await SucceedAsync(others);
        await SucceedsAsync(Encode(good, 7), 7);
        Assert.Equal("bad", Assert.Single(Observer.Faulted));
        Assert.Equal(Device.Created, Device.Disposed);
        await bad.DisposeAsync().AsTask().WaitAsync(Limit);
        Assert.Equal(QueueState.Faulted, bad.State);
    }

    [Fact(Timeout = 30_000)]
    public async Task Encode_OneRowIsNotFinite_FailsThatItemAlone()
    {
        var queue = AddQueue();
        Device.NotFinite.Add(2);
        await PlugAsync(queue, Device);
        var tasks = EncodeAll(queue, [1, 2, 3]);

        Device.Open();

        var exception = await FailsAsync(tasks[1], ClipErrorCode.Internal);
        Assert.True(exception.IsItemError);
        await SucceedsAsync(tasks[0], 1);
        await SucceedsAsync(tasks[2], 3);
        Assert.DoesNotContain(Observer.Finished, batch => !batch.Succeeded);
    }

    [Fact(Timeout = 30_000)]
    public async Task WarmUpAsync_NotFinite_IsRefusedAndTheDeviceGoesOn()
    {
        Device.Gated = false;
        Device.NotFinite.Add(9);
        var queue = AddQueue();

        var exception = await Assert.ThrowsAsync<ClipException>(
            () => queue.WarmUpAsync(9, new WarmUpPlan(1), CancellationToken.None).WaitAsync(Limit));

        Assert.Equal(ClipErrorCode.InvalidInput, exception.Code);
        Assert.Contains("not finite", exception.Message);
        await SucceedsAsync(Encode(queue, 1), 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task Encode_FailsTwiceThenWorks_StartsCountingAnew()
    {
        var queue = AddQueue();
        Device.Gated = false;
        Device.OnRun = inputs => FailOn(inputs, 1);
        for (var round = 0; round < 4; round++)
        {
            await FailsAsync(Encode(queue, 1), ClipErrorCode.Internal);
            await FailsAsync(Encode(queue, 1), ClipErrorCode.Internal);
            await SucceedsAsync(Encode(queue, 2), 2);
        }

        Assert.Equal(QueueState.Serving, queue.State);
    }

    [Fact(Timeout = 30_000)]
    public async Task Encode_FailsAndNoNewEncoderCanBeMade_Faults()
    {
        var queue = AddQueue();
        Device.OnRun = inputs => FailOn(inputs, 0);
        Device.OnCreate = _ => throw new IOException("the file is gone");
        var plug = await PlugAsync(queue, Device);
        var waiting = Encode(queue, 1);
        Device.Open();
        await FailsAsync(plug, ClipErrorCode.Internal);
        await FailsAsync(waiting, ClipErrorCode.Unavailable);
        Assert.IsType<IOException>(await queue.Faulted.WaitAsync(Limit));
    }

    [Fact(Timeout = 30_000)]
    public async Task Encode_NewEncoderTakesLong_OtherQueuesAreServedMeanwhile()
    {
        using var made = new ManualResetEventSlim();
        var queue = AddQueue("slow");
        var other = AddQueue("other", new ScriptedDevice { Gated = false });
        Device.OnRun = inputs => FailOn(inputs, 0);
        Device.OnCreate = _ => Assert.True(made.Wait(Limit));
        var plug = await PlugAsync(queue, Device);
        var waiting = Encode(queue, 1);
        Device.Open();
        await FailsAsync(plug, ClipErrorCode.Internal);
        await SucceedAsync(EncodeAll(other, Enumerable.Range(1, 10)));
        Assert.False(waiting.IsCompleted);
        made.Set();
        await SucceedsAsync(waiting, 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task DisposeAsync_EncoderInTheMaking_FreesTheQueueOnlyAfterIt()
    {
        using var made = new ManualResetEventSlim();
        var making = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var queue = AddQueue();
        Device.OnRun = inputs => FailOn(inputs, 0);
        Device.OnCreate = _ =>
        {
            making.SetResult();
            Assert.True(made.Wait(Limit));
        };
        var plug = await PlugAsync(queue, Device);
        Device.Open();
        await FailsAsync(plug, ClipErrorCode.Internal);
        await making.Task.WaitAsync(Limit);

        var closing = queue.DisposeAsync().AsTask();
        Assert.False(queue.Freed.IsCompleted);
        made.Set();

        await closing.WaitAsync(Limit);
        Assert.True(queue.Freed.IsCompletedSuccessfully);
        Assert.Equal(2, Device.Created);
        Assert.Equal(2, Device.Disposed);
        Assert.Equal("queue", Assert.Single(Observer.Closed));
    }

    [Fact(Timeout = 30_000)]
    public async Task WarmUpAsync_EncoderThrows_IsInternal()
    {
        var queue = AddQueue();
        Device.Gated = false;
        Device.OnRun = _ => throw new InvalidOperationException(Secret);
        await FailsAsync(queue.WarmUpAsync(1, new WarmUpPlan(1), CancellationToken.None), ClipErrorCode.Internal);
    }

    private static void FailOn(int[] inputs, int poison)
    {
        if (inputs.Contains(poison))
            throw new InvalidOperationException(Secret);
    }
}
