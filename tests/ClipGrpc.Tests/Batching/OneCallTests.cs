using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

/// <summary>
/// The items of one call count once for its deadline, at their measured cost. A call that nothing is ahead of runs
/// where it may be in time, and fails at once, without a retry hint, where it cannot be.
/// </summary>
public sealed class OneCallTests : BatchingTest
{
    private readonly ItemGroup _call = new();
    private readonly CallerKey _caller = new();

    [Fact(Timeout = 30_000)]
    public async Task Submit_CallThatItsMeasuredCostAllows_IsAdmittedWhateverTheDeviation()
    {
        var queue = AddQueue();
        await MeasureWithDeviationAsync(queue);
        Assert.True(queue.Cost.Deviation > 0.2, $"{queue.Cost}");
        var seconds = queue.Cost.Seconds(4);
        Device.OnRun = _ => Clock.Advance(TimeSpan.FromSeconds(seconds));
        await StartAsync(queue, 5 * 1.3 * seconds);

        var tasks = SubmitAll(queue, 16, 5 * 1.3 * seconds);

        Assert.DoesNotContain(tasks, task => task.IsFaulted);
        Device.Open();
        await SucceedAsync(tasks);
        Assert.Empty(Observer.Rejected);
    }

    [Fact(Timeout = 30_000)]
    public async Task Submit_CallThatCannotBeInTime_IsDeadlineExceededAtOnceWithoutARetry()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        await StartAsync(queue, seconds: 4);

        var tasks = SubmitAll(queue, 16, seconds: 4); // needs 8 s

        var error = await FailsAsync(tasks[^1], ClipErrorCode.DeadlineExceeded);
        Assert.Equal(ClipErrorReason.DeadlineTooShort, error.Reason);
        Assert.Null(error.RetryAfter);
        Assert.Contains(RejectionReason.Deadline, Observer.Rejected);
        Device.Open();
    }

    [Fact(Timeout = 30_000)]
    public async Task Submit_CallBehindAnother_IsOverloadedWithTheTimeToRetry()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        await PlugAsync(queue, Device);
        var other = SubmitAll(queue, 8, seconds: 20, new ItemGroup());

        var tasks = SubmitAll(queue, 8, seconds: 4);

        var error = await FailsAsync(tasks[^1], ClipErrorCode.Overloaded);
        Assert.Equal(ClipErrorReason.DeadlineUnreachable, error.Reason);
        Assert.NotNull(error.RetryAfter);
        Device.Open();
        await SucceedAsync(other);
    }

    [Fact(Timeout = 30_000)]
    public async Task Expect_CallThatIsPreparedInTime_CountsItsItemsOnce()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);

        // 16 items in batches of 4: 8 s, prepared one after the other within 8 s.
        var expected = new List<WaitingItem>();
        for (var i = 1; i <= 16; i++)
            expected.Add(queue.Expect(1, Context(9.5), new Readiness(0.75 * i, 0.5 * i, IsAlone: true)));

        var hopeless = Assert.Throws<ClipException>(
            () => queue.Expect(1, Context(5), new Readiness(12, 8, IsAlone: true)));
        Assert.Equal(ClipErrorReason.DeadlineTooShort, hopeless.Reason);
        var busy = Assert.Throws<ClipException>(
            () => queue.Expect(1, Context(5), new Readiness(12, 8, IsAlone: false)));
        Assert.Equal(ClipErrorReason.DeadlineUnreachable, busy.Reason);
        expected.ForEach(queue.Unexpect);
    }

    /// <summary>A refusal after the work would lose the work of the whole call.</summary>
    [Fact(Timeout = 30_000)]
    public async Task Submit_AdmittedBefore_IsNotRefusedForItsDeadline()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        await PlugAsync(queue, Device);
        var other = SubmitAll(queue, 8, seconds: 20, new ItemGroup());

        Device.OnRun = null;
        var admitted = SubmitAsync(queue, 9, Context(3) with { IsAdmitted = true });

        Assert.False(admitted.IsCompleted);
        Device.Open();
        await SucceedAsync(other);
        Assert.Equal(9, (await admitted.WaitAsync(Limit)).Vector.Span[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task TakeBatch_OneCallSlowerThanItsEstimate_StaysInFullBatchesUntilItsDeadline()
    {
        var queue = AddQueue();
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        Device.OnRun = _ => Clock.Advance(TimeSpan.FromSeconds(2.9)); // not 2 s
        await StartAsync(queue, seconds: 12);
        var tasks = SubmitAll(queue, 16, seconds: 12);
        Device.Open();

        // At 11.6 s there are 0.4 s left for a batch of 2 s: it runs all the same, as nothing else is there to run.
        await NextBatchIsAsync(1, 2, 3, 4);
        await NextBatchIsAsync(5, 6, 7, 8);
        await NextBatchIsAsync(9, 10, 11, 12);
        await NextBatchIsAsync(13, 14, 15, 16);
        await SucceedAsync(tasks);
    }

    /// <summary>The call's first item occupies the device.</summary>
    private async Task StartAsync(TowerQueue<int> queue, double seconds)
    {
        _ = SubmitAsync(queue, 0, Context(seconds));
        await NextBatchIsAsync(0);
    }

    private Task<EmbeddingResult>[] SubmitAll(
        TowerQueue<int> queue, int count, double seconds, ItemGroup? call = null) =>
    [
        .. Enumerable.Range(1, count)
            .Select(input => SubmitAsync(queue, input, Context(seconds) with { Group = call ?? _call })),
    ];

    private WorkContext Context(double seconds) =>
        new(WorkPriority.Interactive, In(seconds), CancellationToken.None) { Caller = _caller, Group = _call };

    /// <summary>Batches of one size take 1 s and 3 s in turn.</summary>
    private async Task MeasureWithDeviationAsync(TowerQueue<int> queue)
    {
        await MeasureAsync(queue, alpha: 1, beta: 0.25);
        Device.Gated = false;
        var runs = 0;
        Device.OnRun = _ => Clock.Advance(TimeSpan.FromSeconds(++runs % 2 == 0 ? 1 : 3));
        for (var i = 0; i < 10; i++)
            await Task.WhenAll(EncodeAll(queue, [1, 2, 3, 4])).WaitAsync(Limit);
        Device.SkipBatches();
        Device.Gated = true;
    }
}
