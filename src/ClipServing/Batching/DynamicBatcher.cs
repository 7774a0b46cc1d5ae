namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Accepts items from any thread and forms batches of them for the workers of a stage: the device's workers for a tower
/// of a model, or the image decoding's. It owns its queues, its lock and its state; <see cref="BatchPolicy"/> decides
/// while the lock is held. An item waits for space, is deferred, is queued, or is taken: by a batch, a cancellation or
/// a rejection. The code that takes it releases its input.
/// </summary>
internal sealed class DynamicBatcher<TInput, TResult>
{
    /// <summary>
    /// A call with no work ahead of it is rejected only if its items would take this many times as long as its deadline
    /// allows: an attempt delays no other call, and only batches that run correct a disturbed estimate.
    /// </summary>
    private const double HopelessRatio = 1.5;

    /// <summary>The shortest time between two searches for expired items, so that many cost little.</summary>
    private static readonly TimeSpan ExpiryInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Timers take at most 49 days; what expires later is looked for again.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly BatcherDefinition<TInput> _definition;
    private readonly IBatchObserver? _observer;
    private readonly MonotonicClock _clock;
    private readonly TowerQueueErrors _errors;
    private readonly ItemQueues _queues;
    private readonly BatchCostModel _costs = new();
    private readonly Demand _demand = new();
    private readonly BatchSizer _sizer;
    private readonly BatchPolicy _policy;
    private readonly BatchOutlook _outlook;
    private readonly List<Batch<TInput, TResult>> _running = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile QueueState _state = QueueState.Serving;

    // Not disposed: with empty queues it fires once more at most.
    private ITimer? _expiryTimer;
    private long _nextExpiry = MonotonicClock.Never;

    public DynamicBatcher(BatcherDefinition<TInput> definition, MonotonicClock clock)
    {
        CheckBuckets(definition);
        _definition = definition;
        _observer = definition.Observer;
        _clock = clock;
        _errors = new TowerQueueErrors(definition.Name);
        _queues = new ItemQueues(
            definition.LengthBuckets, definition.Options.QueueCapacity, definition.Options.CallerCapacity,
            definition.ChargesLength);
        _sizer = new BatchSizer(definition.Options.MaxBatchSize);
        _policy = new BatchPolicy(
            _queues, definition.Options, _sizer, clock, definition.Load.Workers, definition.MostPadding);
        _outlook = new BatchOutlook(definition.Load.Workers);
    }

    public QueueState State => _state;

    /// <summary>The number of items in the queues.</summary>
    public int Waiting => _queues.Accepted;

    /// <summary>The measured cost of a batch.</summary>
    public BatchCost Cost => _costs.Cost;

    /// <summary>Expected seconds until one worker has run all queued items.</summary>
    public double BacklogSeconds => _policy.BacklogSeconds(Cost);

    /// <summary>Expected seconds of the next batch.</summary>
    public double NextBatchSeconds =>
        Math.Min(BacklogSeconds, Cost.Seconds(LargestBatch * (double)_queues.Lengths[^1]));

    /// <summary>
    /// Seconds for which the stage can wait without making an admitted item late; infinite if no admitted item has a
    /// deadline.
    /// </summary>
    public double Slack
    {
        get
        {
            lock (_lock)
                return FindSlack();
        }
    }

    private int LargestBatch => _sizer.Limit(_queues.Lengths[^1]);

    /// <summary>
    /// For a user of the same workers that holds its own batcher's lock and must not wait for this one's. Returns null
    /// while the lock is held.
    /// </summary>
    public OtherWork? TryDescribe()
    {
        if (!_lock.TryEnter())
            return null;
        try
        {
            return new OtherWork(BacklogSeconds, FindSlack(), DemandAt(_clock.Now));
        }
        finally
        {
            _lock.Exit();
        }
    }

    public int BucketOf(TInput input) => _queues.LengthFor(LengthOf(input));

    /// <summary>
    /// Adds an item to its queue. If the queue is full, the item waits for space in order of arrival
    /// (<see cref="WorkContext.WaitsForRoom"/>), or is rejected.
    /// </summary>
    /// <remarks>If an exception is thrown, the input is not released. Otherwise, it is released in any case.</remarks>
    /// <exception cref="ClipException">
    /// Overloaded: the queue is full or the deadline cannot be met. DeadlineExceeded: it has passed. Unavailable: the
    /// stage is stopping or has failed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public WorkItem<TInput, TResult> Submit(TInput input, WorkContext context)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        var item = new WorkItem<TInput, TResult>(input, context.Priority, BucketOf(input))
        {
            Caller = context.Caller,
            Group = context.Group,
        };
        item.CancelWith(this, context.CancellationToken);
        try
        {
            lock (_lock)
            {
                // If its cancellation was faster, the input is already released.
                if (item.IsTaken)
                    return item;
                AskedFor(item);
                item.IsTaken = true; // so that no cancellation releases the input of a rejected item
                var hasRoom = Admit(item, context, context.WaitsForRoom);
                item.IsTaken = false;
                if (hasRoom)
                    Enqueue(item);
                else
                    _queues.AddWaitingForRoom(item);
                ExpireAt(item.Expiry);
            }
        }
        catch
        {
            item.Discard();
            throw;
        }

        _definition.Wake();
        return item;
    }

    /// <summary>
    /// Counts an item that will be submitted when it is prepared, or rejects it if it is expected to be rejected then,
    /// so that it is not prepared in vain.
    /// </summary>
    /// <param name="ready">When the item can be submitted.</param>
    /// <returns>The item for <see cref="Unexpect"/>, to be called when it was submitted or is abandoned.</returns>
    public WaitingItem Expect(int length, WorkContext context, Readiness ready)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        var item = ItemOf(_queues.LengthFor(length), context);
        lock (_lock)
        {
            try
            {
                Admit(item, context, waitsForRoom: true, ready);
                if (!context.WaitsForRoom && !_queues.WillHaveRoomFor(item))
                    throw RefuseForRoom(item);
            }
            catch (ClipException)
            {
                AskedFor(item); // it will not be submitted
                throw;
            }

            _queues.Expect(item, 1);
        }

        return item;
    }

    /// <summary>The item is no longer being prepared.</summary>
    public void Unexpect(WaitingItem item)
    {
        lock (_lock)
            _queues.Expect(item, -1);
    }

    /// <summary>Throws if <see cref="Submit"/> would reject the item now.</summary>
    public void CheckRoom(TInput input, WorkContext context)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        var item = ItemOf(BucketOf(input), context);
        lock (_lock)
            Admit(item, context, waitsForRoom: false);
    }

    /// <summary>When an item that is submitted now is expected to be complete.</summary>
    public Readiness WhenServed(int length, WorkContext context)
    {
        var item = ItemOf(_queues.LengthFor(length), context);
        lock (_lock)
        {
            Look(_clock.Now);
            var measured = MeasuredSecondsUntilServed(item);
            var isAlone = IsAlone(item.Group);
            _queues.Add(item);
            var forecast = _policy.PredictAlone(item, _outlook);
            _queues.Remove(item);
            return new Readiness(forecast.Start + Cost.CautiousSeconds(item.Length), measured, isAlone);
        }
    }

    /// <summary>Removes the item from its queue and cancels its task immediately.</summary>
    public void Cancel(WorkItem<TInput, TResult> item, CancellationToken token)
    {
        var hasAdmitted = false;
        lock (_lock)
        {
            if (!item.IsTaken)
            {
                _queues.Remove(item);
                Release(Take(item));
                _observer?.ItemDropped(_definition.Name, DropReason.Cancelled);
                hasAdmitted = HaveLeft();
            }
        }

        if (hasAdmitted)
            _definition.Wake();
        item.Cancel(token);
    }

    /// <summary>Adds a caller to an item, which then has the later deadline and the earlier turn of both.</summary>
    public void Join(WorkItem<TInput, TResult> item, WorkContext other)
    {
        var deadline = _clock.ToTimestamp(other.Deadline);
        lock (_lock)
        {
            if (item.IsTaken)
                return;
            if (other.Deadline is null)
                item.Expiry = _clock.ToTimestamp(other.Expiry);
            if (deadline > item.Deadline)
                _queues.SetDeadline(item, deadline);
            if (_queues.TakeEarlierTurn(item, other.Caller) is not { } before)
                return;
            if (MakesAnotherLate(item))
                _queues.TakeTurn(item, before);
        }

        // The item was in no queue for a moment, and a worker that counted the items then has found none.
        _definition.Wake();
    }

    /// <summary>When the next batch can start; <see cref="MonotonicClock.Never"/> if there is none.</summary>
    public long ReadyAt(long now)
    {
        if (_queues.Count == 0)
            return MonotonicClock.Never;
        if (_definition.Options.MaxQueueDelay == TimeSpan.Zero || _queues.Count >= LargestBatch)
            return now;
        lock (_lock)
            return _state == QueueState.Serving ? _policy.HeldUntil(Cost) : now;
    }

    /// <summary>Forms a batch of the queued items, and rejects late ones.</summary>
    /// <param name="worker">The number of the worker that will run it.</param>
    /// <returns>False if there is no item to run.</returns>
    public bool TakeBatch(Batch<TInput, TResult> batch, int worker)
    {
        bool hasAdmitted;
        lock (_lock)
        {
            _definition.Load.Finish(worker);
            AdmitDeferred();
            Look(_clock.Now);
            var plan = _policy.Form(_outlook, worker);
            if (!plan.IsEmpty)
                Start(batch, plan, worker);
            foreach (var item in plan.Expired)
                RejectExpired(TakeOut(item));
            foreach (var item in plan.Late)
                Reject(TakeOut(item), Refuse(RejectionReason.Deadline, item.Priority));
            hasAdmitted = HaveLeft();
        }

        if (hasAdmitted)
            _definition.Wake();
        if (batch.Count == 0)
            return false;
        ObserveStart(batch);
        return true;
    }

    /// <summary>Updates the cost model with a batch that succeeded.</summary>
    public void Learn(int size, int length, TimeSpan duration)
    {
        _costs.Observe((long)size * length, duration);
        lock (_lock)
            _sizer.Observe(size, length, duration.TotalSeconds);
    }

    /// <summary>Sets the size of batches from the measurements of the warm-up.</summary>
    public void SizeByCost()
    {
        lock (_lock)
            _sizer.WarmUpCost = Cost;
    }

    /// <summary>Releases a batch whose items are complete.</summary>
    public void Complete(Batch<TInput, TResult> batch)
    {
        lock (_lock)
        {
            foreach (var item in batch.Items)
                Release(item);
            _running.Remove(batch);
            batch.Clear();
            CompleteIfDrained();
        }
    }

    /// <summary>Stops accepting items; completes when all accepted ones are complete.</summary>
    public Task Drain()
    {
        lock (_lock)
        {
            if (_state == QueueState.Serving)
                _state = QueueState.Draining;
            RejectWaitingForRoom();
            CompleteIfDrained();
        }

        _definition.Wake();
        return _drained.Task;
    }

    /// <summary>Ends the stage.</summary>
    /// <param name="state">Closed or faulted.</param>
    /// <returns>False if it has already ended.</returns>
    public bool End(QueueState state)
    {
        lock (_lock)
        {
            if (_state is QueueState.Closed or QueueState.Faulted)
                return false;
            _state = state;
            RejectWaitingForRoom();
        }

        return true;
    }

    /// <summary>Rejects all queued items.</summary>
    /// <returns>The number of items.</returns>
    public int RejectWaiting(ClipException error)
    {
        lock (_lock)
        {
            var items = LastFirst(_queues.Items);
            foreach (var item in items)
                Reject(TakeOut(item), error);
            DepthChanged();
            CompleteIfDrained();
            return items.Count;
        }
    }

    /// <summary>Fails the items of running batches, for batches that are stuck. Their later results are ignored.
    /// </summary>
    /// <returns>The number of items.</returns>
    public int FailRunning(ClipException error)
    {
        var count = 0;
        lock (_lock)
        {
            foreach (var batch in _running)
            {
                foreach (var item in batch.Items)
                    item.Fail(error);
                count += batch.Count;
            }
        }

        return count;
    }

    private static void CheckBuckets(BatcherDefinition<TInput> definition)
    {
        var buckets = definition.LengthBuckets;
        if (buckets.Count == 0 || buckets[0] < 1 || buckets.Zip(buckets.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            throw new ArgumentException(
                $"The length buckets of {definition.Name} must be positive and ascending.", nameof(definition));
        }
    }

    private void AskedFor(WaitingItem item) =>
        _demand.Add(_clock.SecondsBetween(0, _clock.Now), _policy.ShareOfBatch(item.Length, Cost));

    private double DemandAt(long now) => _demand.At(_clock.SecondsBetween(0, now));

    private int LengthOf(TInput input) => _definition.Length?.Invoke(input) ?? 1;

    /// <summary>Rejects an item that is not in a queue, or plans the start of its batch.</summary>
    /// <returns>False if it must wait for space.</returns>
    private bool Admit(WaitingItem item, WorkContext context, bool waitsForRoom, Readiness? ready = null)
    {
        if (_state != QueueState.Serving)
            throw Refuse(RejectionReason.Unavailable, seconds: 0);

        var now = _clock.Now;
        item.Deadline = _clock.ToTimestamp(context.Deadline);
        item.Expiry = _clock.ToTimestamp(context.Expiry);
        if (item.End <= now)
        {
            _observer?.ItemDropped(_definition.Name, DropReason.Expired);
            throw ErrorOfExpired(item);
        }

        if (item.HasDeadline)
            Plan(item, now, context.WaitsForRoom || context.IsAdmitted, ready);
        if (_queues.HasRoomFor(item))
            return true;
        if (waitsForRoom)
            return false;
        throw RefuseForRoom(item);
    }

    /// <summary>
    /// Rejects an item whose deadline cannot be met, unless its caller waits: neither at its turn nor, if it would make
    /// another item late there, after all others in its queue.
    /// </summary>
    /// <param name="ready">Null if the item is prepared.</param>
    private void Plan(WaitingItem item, long now, bool waits, Readiness? ready = null)
    {
        Look(now);
        var readyAfter = ready?.Seconds ?? 0;
        if (readyAfter > 0)
            _outlook.Expected = _policy.SecondsOf(_queues.ExpectedBefore(item), item.Length, Cost);
        _queues.Add(item);
        var forecast = _policy.Predict(item, _outlook);
        if (!forecast.IsMet && _queues.MoveLast(item))
        {
            forecast = _policy.Predict(item, _outlook);
            if (!forecast.IsMet)
                item.Turn = 0;
        }

        _queues.Remove(item);
        var readyAndServed = readyAfter + Cost.CautiousSeconds(item.Length);
        var isMet = forecast.IsMet && (readyAfter <= 0 || _clock.Add(now, readyAndServed) <= item.Deadline);
        if (!isMet && !waits)
        {
            if (ready?.IsAlone == false || !IsAlone(item.Group))
                throw Refuse(RejectionReason.Deadline, Math.Max(forecast.Ahead, readyAfter));
            isMet = IsMetAlone(item, now, ready ?? Readiness.Now);
        }

        item.PlannedStart = isMet ? _clock.Add(now, forecast.Start) : WaitingItem.Unplanned;
    }

    /// <summary>Whether a call with no work ahead of it can be in time by the measured costs of its items.</summary>
    /// <exception cref="ClipException">DeadlineExceeded: the deadline is far too short.</exception>
    private bool IsMetAlone(WaitingItem item, long now, Readiness ready)
    {
        var needed = Math.Max(
            MeasuredSecondsUntilServed(item), ready.MeasuredSeconds + Cost.Seconds(item.Length));
        var left = _clock.SecondsBetween(now, item.Deadline);
        if (needed <= HopelessRatio * left)
            return needed <= left;

        Rejected(RejectionReason.Deadline);
        throw _errors.DeadlineTooShort(needed, left);
    }

    /// <summary>Seconds until all queued work, all work that is expected before the item, and the item have run.
    /// </summary>
    private double MeasuredSecondsUntilServed(WaitingItem item)
    {
        var ahead = BacklogSeconds + _policy.SecondsOf(_queues.ExpectedBefore(item), item.Length, Cost);
        return _outlook.Free.Min() + ahead / _outlook.Free.Length + Cost.Seconds(item.Length);
    }

    /// <summary>Whether only items of the same call are queued, expected or running.</summary>
    private bool IsAlone(ItemGroup? group)
    {
        if (!_queues.HasOnly(group) || _outlook.Others.Exists(other => other.Seconds > 0))
            return false;

        foreach (var batch in _running)
        {
            foreach (var item in batch.Items)
            {
                if (!item.Task.IsCompleted && (group is null || item.Group != group))
                    return false;
            }
        }

        return true;
    }

    private void Enqueue(WorkItem<TInput, TResult> item)
    {
        item.Enqueued = _clock.Now;
        _queues.Accept(item);
        if (item.MayWait && _queues.IsBehindDeferred(item))
            _queues.Defer(item);
        else
            AddOrDefer(item);
        DepthChanged();
    }

    /// <summary>
    /// Moves an item that may wait behind those that must not become late: to the end of its queue or, if that is not
    /// enough, to the deferred items.
    /// </summary>
    /// <returns>Whether it is in its queue.</returns>
    private bool AddOrDefer(WaitingItem item)
    {
        _queues.Add(item);
        if (!item.MayWait || !MakesAnotherLate(item))
            return true;
        var turn = item.Turn;
        if (_queues.MoveLast(item) && !MakesAnotherLate(item))
            return true;
        item.Turn = turn;
        _queues.Defer(item);
        return false;
    }

    private bool MakesAnotherLate(WaitingItem item)
    {
        if (_queues.WithDeadline == 0)
            return false;
        Look(_clock.Now);
        return _policy.MakesAnotherLate(item, _outlook);
    }

    /// <returns>Whether a deferred item was queued.</returns>
    private bool AdmitDeferred()
    {
        var hasAdmitted = false;
        foreach (var list in _queues.Deferred)
        {
            while (list.First is { } item)
            {
                ItemQueues.Unlink(item);
                if (!AddOrDefer(item))
                    break;
                hasAdmitted = true;
            }
        }

        return hasAdmitted;
    }

    private void Start(Batch<TInput, TResult> batch, BatchPlan plan, int worker)
    {
        foreach (var item in plan.Items)
        {
            _queues.Remove(item, isServed: true);
            Take(item);
        }

        _queues.BatchesPastBulk = plan.BatchesPastBulk;
        var isHeld = plan.Reason == BatchReason.WorkConserving && _definition.Options.MaxQueueDelay > TimeSpan.Zero;
        batch.Fill(plan, isHeld ? BatchReason.Delay : plan.Reason, _outlook.Now);
        _running.Add(batch);
        _definition.Load.Start(worker, Cost.Seconds(plan.Units));
    }

    /// <summary>After items have left: admits all that wait for what they had.</summary>
    /// <returns>Whether there was any.</returns>
    private bool HaveLeft()
    {
        var hasAdmitted =
            AdmitWaiting(WorkPriority.Interactive) | AdmitWaiting(WorkPriority.Bulk) | AdmitDeferred();
        DepthChanged();
        CompleteIfDrained();
        return hasAdmitted;
    }

    /// <summary>Gives the free positions of a priority to items that wait for space.</summary>
    /// <returns>Whether an item was admitted.</returns>
    private bool AdmitWaiting(WorkPriority priority)
    {
        var hasAdmitted = false;
        while (_queues.TakeForRoom(priority) is WorkItem<TInput, TResult> next)
        {
            var now = _clock.Now;
            if (next.End <= now)
            {
                RejectExpired(Take(next));
                continue;
            }

            if (next.HasDeadline)
                Plan(next, now, waits: true);
            Enqueue(next);
            hasAdmitted = true;
        }

        return hasAdmitted;
    }

    /// <summary>The inputs of the policy in addition to the queues.</summary>
    private void Look(long now, bool withOthers = true)
    {
        _outlook.Now = now;
        _outlook.Cost = Cost;
        _outlook.Expected = 0;
        _outlook.Demand = DemandAt(now);
        _outlook.Others.Clear();
        if (withOthers)
            _definition.AddOthers?.Invoke(_outlook.Others);
        _definition.Load.CopyTo(_outlook.Free);
        for (var i = 0; i < _outlook.Free.Length; i++)
            _outlook.Free[i] *= 1 + Cost.Deviation;
    }

    private double FindSlack()
    {
        if (_queues.WithDeadline == 0)
            return double.PositiveInfinity;
        Look(_clock.Now, withOthers: false);
        return _policy.Slack(_outlook);
    }

    /// <summary>Creates an item for a forecast, or one that will be submitted later.</summary>
    private static WaitingItem ItemOf(int length, WorkContext context) => new(context.Priority, length)
    {
        Caller = context.Caller,
        Group = context.Group,
    };

    private ClipException RefuseForRoom(WaitingItem item) => Refuse(
        _queues.IsShareUsed(item) ? RejectionReason.CallerShare : RejectionReason.QueueFull, item.Priority);

    private ClipException Refuse(RejectionReason reason, WorkPriority priority)
    {
        Look(_clock.Now);
        return Refuse(reason, _policy.SecondsAhead(priority, _outlook));
    }

    private ClipException Refuse(RejectionReason reason, double seconds)
    {
        Rejected(reason);
        return reason switch
        {
            RejectionReason.QueueFull => _errors.QueueFull(_definition.Options.QueueCapacity, seconds),
            RejectionReason.CallerShare => _errors.CallerShareUsed(_queues.CallerCapacity, seconds),
            RejectionReason.Deadline => _errors.DeadlineCannotBeMet(seconds),
            _ => _errors.Unavailable(_state),
        };
    }

    /// <summary>A closed stage is not reported, because callers that still use it would create its metrics again.
    /// </summary>
    private void Rejected(RejectionReason reason)
    {
        if (_state != QueueState.Closed)
            _observer?.ItemRejected(_definition.Name, reason);
    }

    private static WorkItem<TInput, TResult> Take(WaitingItem item)
    {
        var taken = (WorkItem<TInput, TResult>)item;
        taken.IsTaken = true;
        return taken;
    }

    private WorkItem<TInput, TResult> TakeOut(WaitingItem item)
    {
        _queues.Remove(item);
        return Take(item);
    }

    private void Release(WorkItem<TInput, TResult> item)
    {
        var input = item.TakeInput();
        _definition.Release?.Invoke(input);
    }

    private void Reject(WorkItem<TInput, TResult> item, ClipException error)
    {
        Release(item);
        item.Fail(error);
    }

    private void RejectExpired(WorkItem<TInput, TResult> item)
    {
        Reject(item, ErrorOfExpired(item));
        _observer?.ItemDropped(_definition.Name, DropReason.Expired);
    }

    /// <summary>
    /// Rejects the expired items. Batches leave them out too, but workers that are busy, or stuck, take no batch for a
    /// long time, and until then callers would wait for what they no longer want.
    /// </summary>
    private void RejectExpired()
    {
        bool hasAdmitted;
        lock (_lock)
        {
            var now = _clock.Now;
            foreach (var item in LastFirst(_queues.Items.Where(item => item.Expiry <= now)))
                RejectExpired(TakeOut(item));
            hasAdmitted = HaveLeft();
            _nextExpiry = MonotonicClock.Never;
            if (_queues.Items.Select(item => item.Expiry).DefaultIfEmpty(MonotonicClock.Never).Min() is var next
                && next != MonotonicClock.Never)
            {
                ExpireAt(Math.Max(next, _clock.Add(now, ExpiryInterval)));
            }
        }

        if (hasAdmitted)
            _definition.Wake();
    }

    /// <summary>Rejects what has expired by then, if that is earlier than known.</summary>
    private void ExpireAt(long timestamp)
    {
        if (timestamp >= _nextExpiry)
            return;

        _nextExpiry = timestamp;
        var due = _clock.Between(_clock.Now, timestamp);
        _expiryTimer ??= _clock.TimeProvider.CreateTimer(
            static batcher => ((DynamicBatcher<TInput, TResult>)batcher!).RejectExpired(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _expiryTimer.Change(
            due <= TimeSpan.Zero ? TimeSpan.Zero : due < LongestTimer ? due : LongestTimer, Timeout.InfiniteTimeSpan);
    }

    private ClipException ErrorOfExpired(WaitingItem item) =>
        item.Deadline <= item.Expiry ? _errors.DeadlinePassed() : _errors.Expired();

    private void RejectWaitingForRoom()
    {
        foreach (var item in LastFirst(_queues.WaitingForRoom))
            Reject(TakeOut(item), Refuse(RejectionReason.Unavailable, seconds: 0));
    }

    /// <summary>For items that are all removed: each one that leaves moves its caller's later items up.</summary>
    private static List<WaitingItem> LastFirst(IEnumerable<WaitingItem> items)
    {
        var list = items.ToList();
        list.Reverse();
        return list;
    }

    private void ObserveStart(Batch<TInput, TResult> batch)
    {
        _observer?.BatchStarted(_definition.Name, batch.Count, batch.Limit, batch.Reason);
        foreach (var item in batch.Items)
            _observer?.ItemStarted(_definition.Name, _clock.Between(item.Enqueued, batch.Formed));
    }

    private void DepthChanged()
    {
        if (_state != QueueState.Closed)
            _observer?.QueueDepthChanged(_definition.Name, _queues.Accepted);
    }

    private void CompleteIfDrained()
    {
        if (_state == QueueState.Draining && _queues.Accepted == 0 && _running.Count == 0)
            _drained.TrySetResult();
    }
}
