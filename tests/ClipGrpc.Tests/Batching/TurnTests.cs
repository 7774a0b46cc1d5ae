using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

/// <summary>Callers take turns, and none has all positions.</summary>
public sealed class TurnTests : BatchingTest
{
    private readonly CallerKey _greedy = new();
    private readonly CallerKey _polite = new();

    public TurnTests()
    {
        Options.MaxBatchSize = 1;
        Options.MaxCallerShare = 0.5;
    }

    [Fact(Timeout = 30_000)]
    public async Task Submit_OneCallerHasManyItems_TheOtherTakesTurnsWithIt()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var many = Submit(queue, _greedy, 1, 2, 3, 4, 5);
        var few = Submit(queue, _polite, 11, 12);
        Device.Open();
        await SucceedAsync(many);
        await SucceedAsync(few, 11);
        Assert.Equal([0, 1, 11, 2, 12, 3, 4, 5], Device.Batches.Select(batch => batch[0]));
    }

    [Fact(Timeout = 30_000)]
    public async Task Submit_CallerWasServedLongBefore_StartsInTheRoundOfThePresent()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var many = Submit(queue, _greedy, 1, 2, 3, 4);
        Device.Release(3);
        await NextBatchIsAsync(1);
        await NextBatchIsAsync(2);
        await NextBatchIsAsync(3);

        var late = Submit(queue, _polite, 11, 12);

        Device.Open();
        await SucceedAsync(many);
        await SucceedAsync(late, 11);
        Assert.Equal([0, 1, 2, 3, 11, 4, 12], Device.Batches.Select(batch => batch[0]));
    }

    [Fact(Timeout = 30_000)]
    public async Task Cancel_ItemsOfACaller_TheRestTakesTheirTurns()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        using var leaving = new CancellationTokenSource();
        var gone = Submit(queue, _polite, leaving.Token, 21, 22, 23);
        var stays = Submit(queue, _polite, 11, 12);
        var many = Submit(queue, _greedy, 1, 2, 3);

        await leaving.CancelAsync();

        Device.Open();
        await SucceedAsync(stays, 11);
        await SucceedAsync(many);
        Assert.All(gone, task => Assert.True(task.IsCanceled));
        Assert.Equal([0, 11, 1, 12, 2, 3], Device.Batches.Select(batch => batch[0]));
    }

    [Fact(Timeout = 30_000)]
    public async Task Submit_DifferentLengths_TheTurnDecidesWhichLengthLeads()
    {
        var queue = AddQueue(length: n => n < 10 ? 1 : 2, buckets: [1, 2]);
        await PlugAsync(queue, Device);
        var many = Submit(queue, _greedy, 1, 2, 3);
        var other = Submit(queue, _polite, 11);
        Device.Open();
        await SucceedAsync(many);
        await SucceedAsync(other, 11);
        Assert.Equal([0, 1, 11, 2, 3], Device.Batches.Select(batch => batch[0]));
    }

    [Fact(Timeout = 30_000)]
    public async Task Submit_TurnWouldMakeAnAdmittedItemLate_GoesBehindIt()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 0, beta: 1);
        await PlugAsync(queue, Device); // until 1 s
        Task<EmbeddingResult>[] promised = [.. Enumerable.Range(1, 3).Select(n =>
            SubmitAsync(queue, n, Context(_greedy) with { Deadline = In(n + 1) }))];

        var patient = Submit(queue, _polite, 11);
        var hasty = SubmitAsync(queue, 12, Context(_polite) with { Deadline = In(3) });

        await FailsAsync(hasty, ClipErrorCode.Overloaded);
        Device.Open();
        await SucceedAsync(promised);
        await SucceedAsync(patient, 11);
        Assert.Equal([1, 2, 3, 11], Device.Batches.TakeLast(4).Select(batch => batch[0]));
    }

    [Fact(Timeout = 30_000)]
    public async Task Submit_CallerHasItsShare_IsRefusedAndOthersAreNot()
    {
        Options.QueueCapacity = 4;
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var greedy = Submit(queue, _greedy, 1, 2);

        var error = await FailsAsync(SubmitAsync(queue, 3, Context(_greedy)), ClipErrorCode.Overloaded);

        var polite = Submit(queue, _polite, 11, 12);
        var full = await FailsAsync(SubmitAsync(queue, 3, Context(new CallerKey())), ClipErrorCode.Overloaded);
        Assert.Contains("this caller has 2 items", error.Message);
        Assert.Contains("Clip:Batching:MaxCallerShare", error.Message);
        Assert.NotNull(error.RetryAfter);
        Assert.Contains("4 items is full", full.Message);
        Assert.Equal([RejectionReason.CallerShare, RejectionReason.QueueFull], Observer.Rejected);
        Device.Open();
        await SucceedAsync(greedy);
        await SucceedAsync(polite, 11);
    }

    [Fact(Timeout = 30_000)]
    public async Task Submit_TextsOfManyLengths_ShareTheQueueAndTheCallersShare()
    {
        Options.QueueCapacity = 4;
        var queue = AddQueue(length: input => 1 + input % 10, buckets: [1, 2, 3, 4]);
        await PlugAsync(queue, Device);
        var greedy = Submit(queue, _greedy, 1, 2); // of lengths 2 and 3

        var error = await FailsAsync(SubmitAsync(queue, 3, Context(_greedy)), ClipErrorCode.Overloaded);
        var polite = Submit(queue, _polite, 10, 11); // of lengths 1 and 2
        var full = await FailsAsync(SubmitAsync(queue, 3, Context(new CallerKey())), ClipErrorCode.Overloaded);
        var waits = SubmitAsync(queue, 3, Context(new CallerKey()) with { WaitsForRoom = true });

        Assert.Contains("this caller has 2 items", error.Message);
        Assert.Contains("4 items is full", full.Message);
        Assert.Equal(4, queue.QueueDepth);
        Assert.False(waits.IsCompleted);
        Device.Open();
        await SucceedAsync(greedy);
        await SucceedAsync(polite, 10);
        await SucceedAsync([waits], 3);
    }

    [Fact(Timeout = 30_000)]
    public async Task Submit_StreamsWaitForRoom_TheCallerWithLessGetsItFirst()
    {
        Options.QueueCapacity = 2;
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        Task<EmbeddingResult>[] greedy = [.. Enumerable.Range(1, 4).Select(n =>
            SubmitAsync(queue, n, Context(_greedy) with { WaitsForRoom = true }))];
        Task<EmbeddingResult>[] polite = [.. Enumerable.Range(11, 2).Select(n =>
            SubmitAsync(queue, n, Context(_polite) with { WaitsForRoom = true }))];
        Assert.Equal(2, queue.QueueDepth); // one each

        Device.Open();

        await SucceedAsync(greedy);
        await SucceedAsync(polite, 11);
        Assert.Equal([0, 1, 11, 2, 12, 3, 4], Device.Batches.Select(batch => batch[0]));
    }

    [Fact(Timeout = 30_000)]
    public async Task Submit_NoDeadline_ExpiresWithTheDefaultAndNamesIt()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var expires = SubmitAsync(queue, 1, Context(_greedy) with { Expiry = In(5) });
        var stays = SubmitAsync(queue, 2, Context(_polite) with { Expiry = In(5.1) });
        Clock.Advance(TimeSpan.FromSeconds(5));
        Device.Open();
        var error = await FailsAsync(expires, ClipErrorCode.DeadlineExceeded);
        Assert.Contains("Clip:Limits:DefaultDeadline", error.Message);
        await SucceedsAsync(stays, 2);
        Assert.DoesNotContain(Device.Batches, batch => batch.Contains(1));
    }

    [Fact(Timeout = 30_000)]
    public async Task Submit_OnlyTheDefaultDeadline_IsNoReasonToRefuse()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 0, beta: 1);
        await PlugAsync(queue, Device); // until 1 s
        var queued = SubmitAsync(queue, 1, Context(_greedy) with { Expiry = In(1.5) });
        Assert.False(queued.IsCompleted);
        Device.OnRun = null;
        Device.Open();
        await SucceedsAsync(queued, 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task Submit_MakesAnotherExpireBeforeItsDeadline_IsNoReasonToRefuse()
    {
        Options.MaxBatchSize = 1;
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 0, beta: 1);
        await PlugAsync(queue, Device); // until 1 s
        var expires = SubmitAsync(queue, 1, Context(_greedy) with
        {
            Priority = WorkPriority.Bulk,
            Deadline = In(60),
            Expiry = In(1.5),
        });
        var urgent = SubmitAsync(queue, 2, Context(_polite) with { Deadline = In(10) });
        Assert.False(urgent.IsCompleted);

        Device.Open();
        await SucceedsAsync(urgent, 2);
        await FailsAsync(expires, ClipErrorCode.DeadlineExceeded);
    }

    [Fact(Timeout = 30_000)]
    public async Task Join_CallerWithAnEarlierTurn_TheItemTakesIt()
    {
        var queue = AddQueue();
        await PlugAsync(queue, Device);
        var many = Submit(queue, _greedy, 1, 2, 3);
        var shared = queue.Submit(4, Context(_greedy));
        var rest = Submit(queue, _greedy, 5, 6);

        queue.Join(shared, Context(_polite));

        Device.Open();
        await SucceedAsync([.. many, shared.Task, .. rest]);
        Assert.Equal([0, 1, 4, 2, 3, 5, 6], Device.Batches.Select(batch => batch[0]));
    }

    [Fact]
    public void Join_OnlyItemTakesAnEarlierTurn_WakesWorkers()
    {
        var wakes = 0;
        var clock = new MonotonicClock(Clock);
        var batcher = new DynamicBatcher<int, int>(
            new BatcherDefinition<int>
            {
                Name = "queue",
                Options = Options,
                Load = new DeviceLoad(1, clock),
                Wake = () => wakes++,
            },
            clock);
        batcher.Submit(1, Context(_greedy));
        var shared = batcher.Submit(2, Context(_greedy));
        Assert.True(batcher.TakeBatch(new Batch<int, int>(1), worker: 0));
        var turn = shared.Turn;
        var before = wakes;

        batcher.Join(shared, Context(_polite));

        Assert.True(shared.Turn < turn);
        Assert.True(wakes > before, "a worker can have looked while the item was in no queue");
    }

    [Fact(Timeout = 30_000)]
    public async Task Expect_ItemsAreBeingPrepared_CountWhereTheyComeFirst()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 0, beta: 1);
        WaitingItem[] expected =
            [.. Enumerable.Range(0, 10).Select(_ => queue.Expect(1, Context(_greedy), Readiness.Now))];

        var error = Assert.Throws<ClipException>(
            () => queue.Expect(1, Context(_greedy) with { Deadline = In(10.9) }, After(1)));
        var inTime = queue.Expect(1, Context(_greedy) with { Deadline = In(11.1) }, After(1));
        Assert.Equal(10, error.RetryAfter!.Value.TotalSeconds, 3);

        // The other caller's item comes after one of them.
        Assert.Throws<ClipException>(
            () => queue.Expect(1, Context(_polite) with { Deadline = In(1.9) }, After(0.5)));
        queue.Unexpect(queue.Expect(1, Context(_polite) with { Deadline = In(2.1) }, After(0.5)));

        foreach (var item in (WaitingItem[])[.. expected, inTime])
            queue.Unexpect(item);
        queue.Unexpect(queue.Expect(1, Context(_greedy) with { Deadline = In(2.1) }, After(1)));
    }

    private static Readiness After(double seconds) => new(seconds, seconds, IsAlone: true);

    private static WorkContext Context(CallerKey caller, CancellationToken token = default) =>
        new(WorkPriority.Interactive, null, token) { Caller = caller };

    private static Task<EmbeddingResult>[] Submit(TowerQueue<int> queue, CallerKey caller, params int[] inputs) =>
        Submit(queue, caller, CancellationToken.None, inputs);

    private static Task<EmbeddingResult>[] Submit(
        TowerQueue<int> queue, CallerKey caller, CancellationToken token, params int[] inputs) =>
        [.. inputs.Select(input => SubmitAsync(queue, input, Context(caller, token)))];
}
