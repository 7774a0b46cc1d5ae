namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Forms batches of queued items and decides whether a new item is admitted: a function of the queues, the costs and
/// the time, without threads, locks or a running clock.
/// <para>
/// Callers take turns: an item's round is one later than that of its caller's previous item, and the order within a
/// round is that of arrival (<see cref="ItemQueues"/>). The first interactive item leads the batch, or the first bulk
/// item if no interactive item is queued or <see cref="BatchingOptions.BulkPatience"/> batches have overtaken bulk
/// items. The batch has the leader's length bucket, whose items join in order, interactive before bulk. Lengths are not
/// mixed, because a text of 77 tokens among 31 of 8 would make all of them as expensive as itself. No length starves,
/// because the leader is the first item of all lengths. As an exception, all queued items of a shorter bucket join if
/// their padding costs less than the separate batch that it saves (α of the cost model), and is at most a given part of
/// the batch. This is common on a GPU and rare on a CPU.
/// </para>
/// <para>
/// An item is admitted if it will be in time after the batches ahead of it, formed by this rule, and if all items that
/// were admitted before remain in time. A batch grows only while all its items are in time.
/// </para>
/// </summary>
internal sealed class BatchPolicy
{
    /// <summary>The tolerance, in seconds, for comparing sums of times.</summary>
    private const double Rounding = 1e-5;

    /// <summary>
    /// With this many batches ahead, other items are expected to join an item's batch, up to the size from which more
    /// gain little. Admitted to the limit of its deadline, an item would have no time for them when its turn comes, and
    /// a device with more work than it can run would run small batches.
    /// </summary>
    private const int ManyBatches = 2;

    /// <summary>The same where callers request more work than the device can run.</summary>
    private const int ManyBatchesOfOverload = 1;

    private readonly ItemQueues _queues;
    private readonly BatchingOptions _options;
    private readonly BatchSizer _sizer;
    private readonly MonotonicClock _clock;
    private readonly int _lengths;
    private readonly double _mostPadding;

    // The state of a simulated run through the queues, which are not changed: the position and remainder of each.
    private readonly WaitingItem?[] _heads;
    private readonly int[] _counts;
    private readonly double[] _free;
    private readonly List<OtherWork> _others = [];
    private readonly BatchPlan _formed = new();
    private readonly BatchPlan _simulated = new();
    private BatchOutlook _outlook;
    private WaitingItem? _candidate;
    private WaitingItem? _without;
    private int _left;
    private bool _isOneCall;
    private bool _isStarting;
    private int _batchesPastBulk;
    private double _earliest;

    /// <param name="mostPadding">As <see cref="StageDefinition{TInput}.MostPadding"/>.</param>
    public BatchPolicy(
        ItemQueues queues, BatchingOptions options, BatchSizer sizer, MonotonicClock clock, int workers,
        double mostPadding = 1)
    {
        _queues = queues;
        _options = options;
        _sizer = sizer;
        _clock = clock;
        _lengths = queues.Lengths.Count;
        _mostPadding = mostPadding;
        _heads = new WaitingItem?[2 * _lengths];
        _counts = new int[2 * _lengths];
        _free = new double[workers];
        _outlook = new BatchOutlook(workers);
    }

    /// <summary>Returns the batch to start now. It is valid until the next call; its items remain in their queues.
    /// </summary>
    /// <param name="worker">The worker that will run it. If its previous batch is ending, it takes until then.</param>
    public BatchPlan Form(BatchOutlook outlook, int worker = 0)
    {
        Begin(outlook);
        _isStarting = true;
        FormNext(_formed, _free[worker]);
        return _formed;
    }

    /// <summary>Forecasts an item that was added to its queue and must not make others late.</summary>
    public Forecast Predict(WaitingItem item, BatchOutlook outlook)
    {
        var forecast = PredictAlone(item, outlook);
        return forecast.IsMet && MakesAnotherLate(item, outlook) ? forecast with { IsMet = false } : forecast;
    }

    /// <summary>Forecasts an item that was added to its queue, regardless of others.</summary>
    public Forecast PredictAlone(WaitingItem item, BatchOutlook outlook)
    {
        Begin(outlook);
        _candidate = item;
        for (var batches = 0; ; batches++)
        {
            var start = Simulate(out var worker);
            if (_simulated.IsEmpty)
                return default;

            var index = _simulated.Items.IndexOf(item);
            if (index >= 0)
                return ForecastFor(item, index, batches, start + outlook.Expected / _free.Length);
            _free[worker] = start + outlook.Cost.CautiousSeconds(_simulated.Units);
        }
    }

    /// <summary>Whether an item that was added to its queue makes an admitted item late.</summary>
    public bool MakesAnotherLate(WaitingItem item, BatchOutlook outlook)
    {
        if (_queues.WithDeadline == (IsBehindAll(item, out var ahead) ? ahead : item.HasDeadline ? 1 : 0))
            return false;

        Begin(outlook);
        var late = CountLate();
        if (late > 0)
        {
            Begin(outlook, without: item);
            if (CountLate() < late)
                return true;
        }

        Begin(outlook);
        CountLate(plans: true);
        return false;
    }

    /// <summary>
    /// Whether all items of its priority run before it in any case. With batches of several items of several lengths,
    /// it could prevent others from joining a batch of longer items.
    /// </summary>
    /// <param name="withDeadline">The number of items of its priority with a deadline.</param>
    private bool IsBehindAll(WaitingItem item, out int withDeadline)
    {
        withDeadline = 0;
        foreach (var queue in _queues.QueuesOf(item.Priority))
        {
            withDeadline += queue.WithDeadline;
            if (queue.Last is { } last && last != item && item.IsBefore(last))
                return false;
        }

        return _lengths == 1 || _options.MaxBatchSize == 1;
    }

    /// <summary>Seconds by which all batches can be delayed without making an admitted item late.</summary>
    public double Slack(BatchOutlook outlook)
    {
        Begin(outlook);
        var slack = double.PositiveInfinity;
        while (true)
        {
            var end = Simulate(out var worker) + outlook.Cost.CautiousSeconds(_simulated.Units);
            if (_simulated.IsEmpty)
                return slack;

            foreach (var item in _simulated.Items)
            {
                if (!item.MayWait)
                    slack = Math.Min(slack, SecondsLeft(item) - end);
            }

            _free[worker] = end;
        }
    }

    /// <summary>Seconds until all work that runs before a new item of the priority has ended.</summary>
    public double SecondsAhead(WorkPriority priority, BatchOutlook outlook)
    {
        var seconds = BacklogSeconds(WorkPriority.Interactive, outlook.Cost, out var batches);
        var bulk = BacklogSeconds(WorkPriority.Bulk, outlook.Cost, out var bulkBatches);
        if (priority == WorkPriority.Bulk)
        {
            seconds += bulk;
        }
        else if (bulkBatches > 0)
        {
            var turns = (batches + _queues.BatchesPastBulk) / _options.BulkPatience;
            seconds += bulk / bulkBatches * Math.Min(turns, bulkBatches);
        }

        var others = outlook.Others.Sum(other => Math.Min(other.Seconds, seconds));
        return outlook.Free.Min() + (seconds + others) / outlook.Free.Length;
    }

    /// <summary>Device seconds of all queued items. Can be called without the owner's lock.</summary>
    public double BacklogSeconds(BatchCost cost) =>
        BacklogSeconds(WorkPriority.Interactive, cost, out _) + BacklogSeconds(WorkPriority.Bulk, cost, out _);

    /// <summary>Seconds of a number of items of one length, in separate batches.</summary>
    public double SecondsOf(int items, int length, BatchCost cost) =>
        BatchesOf(items, length) * cost.Alpha + cost.Beta * items * length;

    /// <summary>
    /// Until when a batch that is not full waits for more items: the queue delay after the arrival of its oldest item,
    /// but at most half of any item's remaining time, and not so long that the batch would end after a deadline.
    /// </summary>
    public long HeldUntil(BatchCost cost)
    {
        var oldest = MonotonicClock.Never;
        var latest = MonotonicClock.Never;
        var largest = cost.CautiousSeconds((double)_queues.Count * _queues.Lengths[^1]);
        foreach (var queue in _queues.All)
        {
            for (var item = queue.First; item is not null; item = item.Next)
            {
                oldest = Math.Min(oldest, item.Enqueued);
                if (item.End != MonotonicClock.Never)
                    latest = Math.Min(latest, LatestStart(item, largest));
            }
        }

        return Math.Min(_clock.Add(oldest, _options.MaxQueueDelay), latest);
    }

    private long LatestStart(WaitingItem item, double seconds) => Math.Max(
        item.Enqueued,
        Math.Min(_clock.Add(item.End, -seconds), item.Enqueued + (item.End - item.Enqueued) / 2));

    /// <param name="without">An item to ignore, or null.</param>
    private void Begin(BatchOutlook outlook, WaitingItem? without = null)
    {
        _outlook = outlook;
        _without = without;
        _candidate = null;
        _isStarting = false;
        _left = _queues.Count;
        _isOneCall = _queues.WithDeadline > 0 && _queues.IsOneCall;
        _batchesPastBulk = _queues.BatchesPastBulk;
        for (var i = 0; i < _heads.Length; i++)
        {
            _heads[i] = _queues.All[i].First;
            _counts[i] = _queues.All[i].Count;
        }

        if (without is not null)
        {
            _counts[_queues.IndexOf(without)]--;
            _left--;
        }

        outlook.Free.CopyTo(_free, 0);
        _others.Clear();
        _others.AddRange(outlook.Others);
    }

    /// <summary>Simulates the next batch, on the worker that is free first.</summary>
    /// <returns>Seconds until it starts. Other users of the device have turns of the same duration.</returns>
    private double Simulate(out int worker)
    {
        worker = Array.IndexOf(_free, _free.Min());
        FormNext(_simulated, _free[worker]);
        var seconds = _outlook.Cost.CautiousSeconds(_simulated.Units);
        var start = _free[worker];
        for (var i = 0; i < _others.Count; i++)
        {
            var turn = TurnOf(_others[i], start + seconds - _outlook.Free.Min(), seconds);
            var left = _others[i].Seconds - turn + _others[i].Demand * (turn + seconds);
            _others[i] = _others[i] with { Seconds = left };
            start += turn;
        }

        return start;
    }

    /// <summary>The work of another user of the device that runs first: its turn, or all of it if it cannot wait.
    /// </summary>
    private static double TurnOf(in OtherWork other, double end, double seconds) =>
        end > other.Slack ? other.Seconds : Math.Min(other.Seconds, seconds);

    private Forecast ForecastFor(WaitingItem item, int index, int batches, double start)
    {
        var cost = _outlook.Cost;
        var length = _simulated.Length;
        var many = _outlook.Demand > _free.Length ? ManyBatchesOfOverload : ManyBatches;
        var least = batches >= many ? cost.LargestSize(length, _simulated.Limit) : 1;
        var size = Math.Max(index + 1, least);

        // With nothing ahead, an attempt delays no other item, and only batches that run correct a wrong estimate.
        var isNext = start <= 0 && index == 0;
        var isMet = isNext || start + cost.CautiousSeconds((double)size * length) <= SecondsLeft(item) + Rounding;
        return new(isMet, start, index == 0 ? start : start + cost.CautiousSeconds((double)index * length));
    }

    /// <summary>Finds queued items that will be rejected later although they would be in time now.</summary>
    /// <param name="plans">Whether the planned start of the other items is set.</param>
    private int CountLate(bool plans = false)
    {
        var count = 0;
        while (true)
        {
            var start = Simulate(out var worker);
            // Nothing is promised about the expiry.
            foreach (var item in _simulated.Late.Concat(_simulated.Expired.Where(item => item.Deadline <= item.Expiry)))
                count += !item.MayWait && SecondsLeft(item) >= _outlook.Cost.CautiousSeconds(item.Length) ? 1 : 0;
            if (_simulated.IsEmpty)
                return count;

            foreach (var item in plans ? _simulated.Items : [])
                item.PlannedStart = Math.Max(item.PlannedStart, _clock.Add(_outlook.Now, start));
            _free[worker] = start + _outlook.Cost.CautiousSeconds(_simulated.Units);
        }
    }

    private void FormNext(BatchPlan plan, double at)
    {
        plan.Clear();
        while (plan.IsEmpty && ChooseLeader() is var leader and >= 0)
        {
            var length = _queues.Lengths[leader % _lengths];
            var trial = _sizer.TrialLimit(length);
            var isTrial = _isStarting && _sizer.IsTrialDue && _counts[leader] >= trial && _queues.WithDeadline == 0;
            plan.Start(length, isTrial ? trial : _sizer.Limit(length));
            _earliest = double.PositiveInfinity;
            Fill(plan, leader, at);
            Fill(plan, (leader + _lengths) % _heads.Length, at);
        }

        if (plan.IsEmpty)
            return;
        AddRiders(plan, at);
        _batchesPastBulk = plan.HasBulk || !IsBulkLeft() ? 0 : _batchesPastBulk + 1;
        plan.BatchesPastBulk = _batchesPastBulk;
        if (plan.IsFull)
            plan.Reason = BatchReason.Full;
    }

    /// <summary>The index of the queue whose first item leads; −1 if all are empty.</summary>
    private int ChooseLeader()
    {
        var interactive = ChooseFirst(0);
        var bulk = ChooseFirst(_lengths);
        return _batchesPastBulk >= _options.BulkPatience
            ? bulk >= 0 ? bulk : interactive
            : interactive >= 0 ? interactive : bulk;
    }

    private int ChooseFirst(int first)
    {
        var best = -1;
        for (var i = first; i < first + _lengths; i++)
        {
            if (Head(i) is { } head && (best < 0 || head.IsBefore(_heads[best]!)))
                best = i;
        }

        return best;
    }

    private WaitingItem? Head(int queue)
    {
        if (_heads[queue] is { } head && head == _without)
            _heads[queue] = head.Next;
        return _heads[queue];
    }

    private void AddRiders(BatchPlan plan, double at)
    {
        var cost = _outlook.Cost;
        long padded = 0;
        var longest = 0;
        while (_queues.Lengths[longest] < plan.Length)
            longest++;
        for (var i = longest - 1; i >= 0; i--)
        {
            var riders = _counts[i] + _counts[_lengths + i];
            var padding = (long)riders * (plan.Length - _queues.Lengths[i]);
            if (riders == 0 || plan.Items.Count + riders > plan.Limit || cost.Beta * padding >= cost.Alpha
                || padded + padding > _mostPadding * (plan.Units + riders * plan.Length))
            {
                continue;
            }

            padded += padding;
            Fill(plan, i, at);
            Fill(plan, _lengths + i, at);
        }
    }

    /// <summary>Moves items into the batch while all its items are in time.</summary>
    private void Fill(BatchPlan plan, int queue, double at)
    {
        var available = Math.Max(plan.Items.Count + _counts[queue], 1);
        var efficient = Math.Min(_outlook.Cost.EfficientSize(plan.Length, plan.Limit), available);
        while (!plan.IsFull && Head(queue) is { } item)
        {
            var left = SecondsLeft(item) - at;
            if (item != _candidate && SecondsUntil(item.End) <= at)
            {
                plan.Expired.Add(item);
            }
            else if (IsLate(item, plan, efficient, left, at))
            {
                plan.Late.Add(item);
            }
            else if (!Fits(item, plan, left))
            {
                plan.Reason = BatchReason.Deadline;
                return;
            }
            else
            {
                plan.Items.Add(item);
                _earliest = Math.Min(_earliest, left);
            }

            _heads[queue] = item.Next;
            _counts[queue]--;
            _left--;
        }
    }

    /// <summary>
    /// Rejects items that are late because of a wrong estimate and cannot wait for a batch of the efficient size: a
    /// smaller batch would make the following items late as well. An item that starts as planned keeps its batch,
    /// regardless of its size. If all queued items belong to one call, none is rejected, because no other call would
    /// benefit, and smaller batches would only make it slower.
    /// </summary>
    private bool IsLate(WaitingItem item, BatchPlan plan, int efficient, double left, double at)
    {
        // There is nothing else to run, so an attempt delays no other item; and a cost that is too high is corrected
        // only by batches that run.
        var isLastResort = (at <= 0 || _isStarting) && plan.IsEmpty && _left == 1;
        if (!item.HasDeadline || item == _candidate || isLastResort || _isOneCall)
            return false;

        var isPromised = !item.MayWait
            && at <= _clock.SecondsBetween(_outlook.Now, item.PlannedStart) + Rounding;
        return left + Rounding < SecondsOf(plan, isPromised ? 1 : efficient);
    }

    private bool Fits(WaitingItem item, BatchPlan plan, double left)
    {
        if (plan.IsEmpty || _isOneCall)
            return true;
        var own = item == _candidate ? double.PositiveInfinity : left;
        return SecondsOf(plan, plan.Items.Count + 1) <= Math.Min(_earliest, own) + Rounding;
    }

    private double SecondsOf(BatchPlan plan, int size) => _outlook.Cost.CautiousSeconds((double)size * plan.Length);

    private double SecondsLeft(WaitingItem item) => SecondsUntil(item.Deadline);

    private double SecondsUntil(long timestamp) => _clock.SecondsBetween(_outlook.Now, timestamp);

    private bool IsBulkLeft() => _counts.AsSpan(_lengths).ContainsAnyExcept(0);

    /// <summary>The seconds that an item adds to full batches.</summary>
    public double ShareOfBatch(int length, BatchCost cost) => cost.Alpha / _sizer.Limit(length) + cost.Beta * length;

    private int BatchesOf(int items, int length)
    {
        var limit = _sizer.Limit(length);
        return (items + limit - 1) / limit;
    }

    private double BacklogSeconds(WorkPriority priority, BatchCost cost, out int batches)
    {
        double seconds = 0;
        batches = 0;
        var queues = _queues.QueuesOf(priority);
        for (var i = 0; i < queues.Length; i++)
        {
            seconds += SecondsOf(queues[i].Count, _queues.Lengths[i], cost);
            batches += BatchesOf(queues[i].Count, _queues.Lengths[i]);
        }

        return seconds;
    }
}
