using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

public sealed class FailureTests : BatchingTest
{
    /// <summary>Whoever advances the clock in a loop does not wait for the threads of the queue.</summary>
    private static readonly TimeSpan ClockRunsAhead = TimeSpan.FromDays(1);

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

    [Fact(Timeout = 30_000)]
    public async Task Encode_OneItemMakesTheBatchFail_OnlyItsCallerSuffers()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var tasks = EncodeAll(queue, [1, 2, 3, 4]);
        Device.OnRun = inputs => FailOn(inputs, 3);

        Device.Open();

        await FailsAsync(tasks[2], ClipErrorCode.Internal);
        foreach (var input in (int[])[1, 2, 4])
            await SucceedsAsync(tasks[input - 1], input);
        await SucceedsAsync(Encode(queue, 5), 5);
        Assert.Equal([[0], [1, 2, 3, 4], [1], [2], [3], [4], [5]], Device.Batches);
        Assert.Equal(1, Device.Created);
    }

    [Fact(Timeout = 30_000)]
    public async Task Encode_BatchFailsAndADeadlinePasses_ThatItemIsNotTriedAgain()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        Task<EmbeddingResult>[] tasks = [Encode(queue, 1), Encode(queue, 2, deadline: In(1)), Encode(queue, 3)];
        Device.OnRun = inputs =>
        {
            if (inputs.Length == 1)
                return;
            Clock.Advance(TimeSpan.FromSeconds(2));
            throw new InvalidOperationException(Secret);
        };

        Device.Open();

        await FailsAsync(tasks[1], ClipErrorCode.DeadlineExceeded);
        await SucceedsAsync(tasks[0], 1);
        await SucceedsAsync(tasks[2], 3);
        Assert.DoesNotContain(Device.Batches, batch => batch is [2]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Encode_EncoderIsBroken_TriesThreeItemsAlone()
    {
        Options.MaxBatchSize = 8;
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var tasks = EncodeAll(queue, Enumerable.Range(1, 8));
        var first = true;
        Device.OnRun = inputs =>
        {
            if (inputs[0] != 0 && first)
                throw new InvalidOperationException(Secret);
        };
        Device.OnCreate = _ => first = false;

        Device.Open();

        foreach (var task in tasks)
            await FailsAsync(task, ClipErrorCode.Internal);
        await SucceedsAsync(Encode(queue, 9), 9);
        Assert.Equal([1, 2, 3, 9], Device.Batches.Skip(2).Select(Assert.Single));
        Assert.Equal(2, Device.Created);
    }

    /// <summary>A caller that repeats an input which makes the runtime fail must not stop the model.</summary>
    [Fact(Timeout = 30_000)]
    public async Task Encode_ItemFailsAgainAndAgainButTheEncoderWorks_ServesOn()
    {
        var queue = AddQueue();
        Device.Gated = false;
        await queue.WarmUpAsync(99, new WarmUpPlan(1), CancellationToken.None).WaitAsync(Limit);
        Device.OnRun = inputs => FailOn(inputs, 1);

        for (var i = 0; i < 10; i++)
            await FailsAsync(Encode(queue, 1), ClipErrorCode.Internal);

        await SucceedsAsync(Encode(queue, 2), 2);
        Assert.Equal(QueueState.Serving, queue.State);
        Assert.Equal(1, Device.Created);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("bad allocation")]
    [InlineData("CUDA error 719: unspecified launch failure")]
    public async Task Encode_DeviceFails_IsUnavailableAndServesAgainAfterARestart(string message)
    {
        Options.StuckAfter = ClockRunsAhead;
        var queue = AddQueue();
        var interrupted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var resumed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        queue.Interrupted = begins => (begins ? interrupted : resumed).SetResult();
        Device.OnRun = inputs => FailOn(inputs, 0, message);
        var plug = await PlugAsync(queue, Device);
        var waiting = Encode(queue, 1);

        Device.Open();

        await FailsAsync(plug, ClipErrorCode.Unavailable);
        await interrupted.Task.WaitAsync(Limit);
        Assert.False(resumed.Task.IsCompleted);
        Assert.Equal(1, Device.Created);
        await AdvanceUntilAsync(resumed.Task);
        await SucceedsAsync(waiting, 1);
        Assert.Equal(2, Device.Created);
        Assert.Equal(QueueState.Serving, queue.State);
    }

    [Fact(Timeout = 30_000)]
    public async Task Encode_DeviceStaysLost_TriesThreeTimesWithLongerPausesAndFaults()
    {
        Options.StuckAfter = ClockRunsAhead;
        var queue = AddQueue();
        Device.Gated = false;
        await queue.WarmUpAsync(99, new WarmUpPlan(1), CancellationToken.None).WaitAsync(Limit);
        var attempts = new List<DateTimeOffset>();
        Device.OnRun = _ => throw new InvalidOperationException("CUDA error: device-side assert triggered");
        Device.OnCreate = _ => attempts.Add(Clock.GetUtcNow());

        var failed = Encode(queue, 1);
        var waiting = Encode(queue, 2);

        await FailsAsync(failed, ClipErrorCode.Unavailable);
        await AdvanceUntilAsync(queue.Faulted);
        await FailsAsync(waiting, ClipErrorCode.Unavailable);
        Assert.Equal(3, attempts.Count);
        // At least: the clock may be ahead of a thread that waits for a core.
        Assert.True(attempts[1] - attempts[0] >= TimeSpan.FromSeconds(2), $"{attempts[1] - attempts[0]}");
        Assert.True(attempts[2] - attempts[1] >= TimeSpan.FromSeconds(4), $"{attempts[2] - attempts[1]}");
        Assert.Equal(Device.Created, Device.Disposed);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(1, QueueState.Faulted)]
    [InlineData(2, QueueState.Serving)]
    public async Task Encode_NeverReturns_TheQueueFailsAndOthersIfNoWorkerIsLeft(int workers, object others)
    {
        Options.Workers = workers;
        Options.MaxBatchSize = 1;
        Options.StuckAfter = TimeSpan.FromMinutes(1);
        var queue = AddQueue();
        var other = AddQueue("other", new ScriptedDevice { Gated = false });
        var plug = await PlugAsync(queue, Device);
        Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(QueueState.Serving, queue.State);

        Clock.Advance(TimeSpan.FromSeconds(7));

        var error = await FailsAsync(plug, ClipErrorCode.Unavailable);
        Assert.Contains("does not respond", error.Message);
        await FailsAsync(Encode(queue, 2), ClipErrorCode.Unavailable);
        await queue.Faulted.WaitAsync(Limit);
        Assert.Equal("queue", Assert.Single(Observer.Stuck));
        Assert.Equal(others, other.State);
        if (other.State == QueueState.Serving)
            await SucceedsAsync(Encode(other, 3), 3);
    }

    [Fact(Timeout = 30_000)]
    public async Task Encode_BatchesTakeLong_IsStuckOnlyAfterManyTimesAsLong()
    {
        Options.StuckAfter = TimeSpan.FromMinutes(1);
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 10, beta: 0);
        var plug = await PlugAsync(queue, Device);
        Clock.Advance(TimeSpan.FromSeconds(199));
        Assert.Equal(QueueState.Serving, queue.State);
        Clock.Advance(TimeSpan.FromSeconds(7));
        await FailsAsync(plug, ClipErrorCode.Unavailable);
    }

    private async Task AdvanceUntilAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromSeconds(0.1));
            await Task.Yield();
        }
    }

    private static void FailOn(int[] inputs, int poison, string message = Secret)
    {
        if (inputs.Contains(poison))
            throw new InvalidOperationException(message);
    }
}
