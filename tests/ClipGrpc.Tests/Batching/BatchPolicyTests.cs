using ClipGrpc.Serving.Batching;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Batching;

/// <summary>The rule alone, without threads: items are known by their number in the order of arrival, from 1.</summary>
public sealed class BatchPolicyTests
{
    private readonly MonotonicClock _clock = new(new FakeTimeProvider());
    private readonly BatchingOptions _options = new() { MaxBatchSize = 4 };
    private ItemQueues _queues = new([1], 100, 100);

    /// <summary>A batch of n costs 1 + n / 4 seconds.</summary>
    private BatchCost Cost { get; set; } = new(1, 0.25, 0);

    [Fact]
    public void Form_NothingWaits_IsEmpty() => Assert.Empty(Form());

    [Fact]
    public void Form_BothPriorities_FillsUpWithBulk()
    {
        Add(WorkPriority.Bulk);
        Add(WorkPriority.Bulk);
        Add();
        Assert.Equal([3, 1, 2], Form());
    }

    [Fact]
    public void Form_DeadlinePassed_TurnsTheItemAwayAndGoesOn()
    {
        Add(deadline: 0);
        Add();
        var plan = Policy().Form(Outlook());
        Assert.Equal([2], Numbers(plan.Items));
        Assert.Equal([1], Numbers(plan.Expired));
    }

    [Fact]
    public void Form_PromisedItemHasTimeForItselfOnly_RunsAlone()
    {
        Add(deadline: 1.3);
        Add();
        var plan = Policy().Form(Outlook());
        Assert.Equal([1], Numbers(plan.Items));
        Assert.Equal(BatchReason.Deadline, plan.Reason);
    }

    [Fact]
    public void Form_EstimateWasWrongAndNoTimeForAnEfficientBatch_TurnsTheItemAway()
    {
        Add(deadline: 1.3, plannedStart: -1);
        Add();
        Add();
        var plan = Policy().Form(Outlook());
        Assert.Equal([2, 3], Numbers(plan.Items));
        Assert.Equal([1], Numbers(plan.Late));
    }

    [Fact]
    public void MakesAnotherLate_InteractiveItemBeforePromisedBulk_IsSeen()
    {
        Add(WorkPriority.Bulk, deadline: 1.3);
        Assert.True(Policy().MakesAnotherLate(Add(), Outlook()));
    }

    [Fact]
    public void MakesAnotherLate_BulkThatCannotBeSaved_DoesNotHoldUpTheRest()
    {
        Add(WorkPriority.Bulk, deadline: 1.2);
        Assert.False(Policy().MakesAnotherLate(Add(), Outlook()));
    }

    [Fact]
    public void MakesAnotherLate_ItemOfTheBatchBeforeAnotherBucket_IsSeen()
    {
        _queues = new ItemQueues([1, 2], 100, 100);
        Cost = new BatchCost(1, 1, 0);
        Add(length: 2); // leads: 3 s, then the next 2 s
        Add(length: 1, deadline: 5.1, plannedStart: 3);
        Assert.True(Policy().MakesAnotherLate(Add(length: 2), Outlook()));
    }

    [Fact]
    public void MakesAnotherLate_ItemBehindAllOthers_IsNot()
    {
        Add(deadline: 1.3);
        Assert.False(Policy().MakesAnotherLate(Add(), Outlook()));
        Assert.False(Policy().MakesAnotherLate(Add(WorkPriority.Bulk), Outlook()));
    }

    [Fact]
    public void Form_ItemsOfOtherBucketsHaveTime_GrowsWithYoungerOnes()
    {
        _queues = new ItemQueues([1, 2], 100, 100);
        Cost = new BatchCost(1, 1, 0);
        Add(length: 2);
        Add(length: 1, deadline: 60, plannedStart: 3);
        Add(length: 2);
        Assert.Equal([1, 3], Form());
    }

    [Theory]
    [InlineData(1, new long[] { 1, 2 })] // padding of 3 units: 0.75 s, and its own batch would cost 1 s more
    [InlineData(2, new long[] { 1 })]
    public void Form_ShorterItemsWait_RideAlongWhilePaddingCostsLessThanABatch(int shorter, long[] expected)
    {
        _queues = new ItemQueues([1, 4], 100, 100);
        Add(length: 4);
        for (var i = 0; i < shorter; i++)
            Add(length: 1);
        Assert.Equal(expected, Form());
    }

    [Fact]
    public void Form_PaddingCostsAsMuchAsABatch_LeavesTheShorterItem()
    {
        _queues = new ItemQueues([1, 5], 100, 100);
        Add(length: 5);
        Add(length: 1);
        Assert.Equal([1], Form());
    }

    [Fact]
    public void Form_LeavesTheQueuesAsTheyAre()
    {
        Add();
        Add();
        var policy = Policy();
        policy.Form(Outlook());
        Assert.Equal(2, _queues.Count);
        Assert.Equal([1, 2], Numbers(policy.Form(Outlook()).Items));
    }

    [Theory]
    [InlineData(1.25, false)] // the worker is busy for 2 s, and a batch of one takes 1.25 s
    [InlineData(3.24, false)]
    [InlineData(3.25, true)]
    public void Predict_BusyWorker_AddsItsRest(double deadline, bool isMet)
    {
        var forecast = Policy().Predict(Add(deadline: deadline), Outlook(free: 2));
        Assert.Equal(isMet, forecast.IsMet);
        Assert.Equal((2, 2), (forecast.Start, forecast.Ahead));
    }

    [Theory]
    [InlineData(3.8, false)] // busy for 2 s, then a batch of one, which takes 1.25 s and up to half as much again
    [InlineData(3.88, true)]
    public void Predict_DurationsDeviate_LeavesTimeForTheDeviation(double deadline, bool isMet)
    {
        Cost = Cost with { Deviation = 0.5 };
        Assert.Equal(isMet, Policy().Predict(Add(deadline: deadline), Outlook(free: 2)).IsMet);
    }

    [Fact]
    public void Predict_DurationsDeviate_BatchesAheadTakeTheDeviationToo()
    {
        Cost = Cost with { Deviation = 0.5 };
        for (var i = 0; i < 4; i++)
            Add();
        Assert.Equal(3, Policy().Predict(Add(deadline: 10), Outlook()).Start);
    }

    [Fact]
    public void Form_DurationsDeviate_GrowsOnlyWhileTheDeviationIsInTime()
    {
        Cost = Cost with { Deviation = 0.5 };
        Add(deadline: 2.3); // two take 1.5 s and up to 2.25 s, three up to 2.63 s
        Add();
        Add();
        Assert.Equal([1, 2], Form());
    }

    [Fact]
    public void Predict_TwoWorkers_StartsOnTheOneThatIsFreeFirst()
    {
        _options.Workers = 2;
        Assert.Equal(3, Policy().Predict(Add(deadline: 10), Outlook(5, 3)).Start);
    }

    [Fact]
    public void Predict_ItemJoinsABatch_WaitsForThoseAheadOfIt()
    {
        Add();
        Add();
        var forecast = Policy().Predict(Add(deadline: 1.7), Outlook(free: 0));
        Assert.False(forecast.IsMet); // three take 1.75 s
        Assert.Equal((0, 1.5), (forecast.Start, forecast.Ahead));
    }

    [Fact]
    public void Predict_WouldMakeAnAdmittedItemLate_IsNotMet()
    {
        Add(WorkPriority.Bulk, deadline: 1.3);
        Assert.False(Policy().Predict(Add(deadline: 1.3), Outlook()).IsMet);
    }

    [Theory]
    [InlineData(2, 0, 1.25, false)]
    [InlineData(2, 0, 2, true)] // in a batch of four
    [InlineData(1, 0.9, 1.25, true)] // alone in its batch
    [InlineData(1, 1.1, 1.25, false)]
    [InlineData(1, 1.1, 2, true)]
    public void Predict_QueueIsKeptFull_LeavesTimeForAnEfficientBatch(
        int batches, double demand, double seconds, bool isMet)
    {
        for (var i = 0; i < 4 * batches; i++)
            Add(); // each batch takes 2 s
        var outlook = Outlook();
        outlook.Demand = demand;
        Assert.Equal(isMet, Policy().Predict(Add(deadline: 2 * batches + seconds), outlook).IsMet);
    }

    [Fact]
    public void Predict_MoreDemandThanTheDeviceCanRun_NextBatchTakesAllThatIsInTime()
    {
        var outlook = Outlook(free: 2);
        outlook.Demand = 10;
        Assert.True(Policy().Predict(Add(deadline: 2 + 1.25), outlook).IsMet);
    }

    [Fact]
    public void Predict_OthersShareTheDevice_TheirTurnsComeInBetween()
    {
        var outlook = Outlook();
        outlook.Others.Add(new OtherWork(60, double.PositiveInfinity, Demand: 0));
        Assert.Equal(1.25, Policy().Predict(Add(deadline: 10), outlook).Start);
    }

    [Fact]
    public void SecondsAhead_BulkWaits_CountsOnlyItsTurns()
    {
        for (var i = 0; i < 40; i++)
            Add(WorkPriority.Bulk);
        for (var i = 0; i < 4 * 8; i++)
            Add();
        Assert.Equal(8 * 2 + 2, Policy().SecondsAhead(WorkPriority.Interactive, Outlook()));
        Assert.Equal(8 * 2 + 10 * 2, Policy().SecondsAhead(WorkPriority.Bulk, Outlook()));
    }

    [Fact]
    public void HeldUntil_YoungerItemHasADeadline_IsNoLongerThanHalfItsTime()
    {
        _options.MaxQueueDelay = TimeSpan.FromSeconds(10);
        Add();
        Assert.Equal(10, SecondsUntil(Policy().HeldUntil(Cost)));
        Add(deadline: 8);
        Assert.Equal(4, SecondsUntil(Policy().HeldUntil(Cost)));
        Add(deadline: 3); // three take 1.75 s
        Assert.Equal(1.25, SecondsUntil(Policy().HeldUntil(Cost)));
    }

    private static IEnumerable<long> Numbers(IEnumerable<WaitingItem> items) => items.Select(item => item.Sequence);

    private double SecondsUntil(long timestamp) => _clock.SecondsBetween(_clock.Now, timestamp);

    private IEnumerable<long> Form() => Numbers(Policy().Form(Outlook()).Items);

    private BatchPolicy Policy() =>
        new(_queues, _options, new BatchSizer(_options.MaxBatchSize), _clock, _options.Workers);

    private BatchOutlook Outlook(params double[] free)
    {
        var outlook = new BatchOutlook(_options.Workers) { Now = _clock.Now, Cost = Cost };
        free.CopyTo(outlook.Free, 0);
        return outlook;
    }

    private WaitingItem Add(
        WorkPriority priority = WorkPriority.Interactive,
        int length = 1,
        double? deadline = null,
        double plannedStart = 0)
    {
        var item = new WaitingItem(priority, length)
        {
            Enqueued = _clock.Now,
            Deadline = deadline is { } seconds ? _clock.Add(_clock.Now, seconds) : MonotonicClock.Never,
            PlannedStart = _clock.Add(_clock.Now, plannedStart),
        };
        _queues.Add(item);
        return item;
    }
}
