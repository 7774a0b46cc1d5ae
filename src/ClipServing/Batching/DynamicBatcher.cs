namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Items from any thread, and batches of them for the workers of a stage: the device's for one tower of one model, or
/// the image decoder's. It owns its queues, its lock and its state; <see cref="BatchPolicy"/> decides, with the lock
/// held. An item waits for room, is deferred, waits in a queue, or is taken: by a batch, by its caller's cancellation,
/// or to be turned away. Who takes it releases its input.
/// </summary>
internal sealed class DynamicBatcher<TInput, TResult>
{
    private readonly Lock _lock = new();
    private readonly BatcherDefinition<TInput> _definition;
    private readonly IBatchObserver? _observer;
    private readonly MonotonicClock _clock;
    private readonly TowerQueueErrors _errors;
    private readonly ItemQueues _queues;
    private readonly BatchCostModel _costs = new();
    private readonly BatchSizer _sizer;
    private readonly BatchPolicy _policy;
    private readonly BatchOutlook _outlook;
    private readonly List<Batch<TInput, TResult>> _running = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile QueueState _state = QueueState.Serving;

    public DynamicBatcher(BatcherDefinition<TInput> definition, MonotonicClock clock)
    {
        CheckBuckets(definition);
        _definition = definition;
        _observer = definition.Observer;
        _clock = clock;
        _errors = new TowerQueueErrors(definition.Name);
        _queues = new ItemQueues(definition.LengthBuckets, definition.Options.QueueCapacity);
        _sizer = new BatchSizer(definition.Options.MaxBatchSize);
        _policy = new BatchPolicy(_queues, definition.Options, _sizer, clock, definition.Load.Workers);
        _outlook = new BatchOutlook(definition.Load.Workers);
    }

    public QueueState State => _state;

    /// <summary>Items in the queues.</summary>
    public int Waiting => _queues.Accepted;

    /// <summary>The time of a batch as measured so far.</summary>
    public BatchCost Cost => _costs.Cost;

    /// <summary>Expected seconds until everything that waits is served by one worker.</summary>
    public double BacklogSeconds => _policy.BacklogSeconds(Cost);

    /// <summary>Expected seconds of the next batch.</summary>
    public double NextBatchSeconds =>
        Math.Min(BacklogSeconds, Cost.Seconds(LargestBatch * (double)_queues.Lengths[^1]));

    private int LargestBatch => _sizer.Limit(_queues.Lengths[^1]);

    public int BucketOf(TInput input) => _queues.LengthFor(LengthOf(input));

    /// <summary>
    /// Puts an item into its queue. Where that is full, it waits for room in the order of arrival if the caller does
    /// (<see cref="WorkContext.WaitsForRoom"/>), and is refused otherwise.
    /// </summary>
    /// <remarks>Refusals are thrown, and then the input is not released; otherwise it is, in any case.</remarks>
    /// <exception cref="ClipException">
    /// Overloaded: the queue is full or the deadline cannot be met. DeadlineExceeded: it has passed. Unavailable: the
    /// stage stops or has failed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller is gone.</exception>
    public WorkItem<TInput, TResult> Submit(TInput input, WorkContext context)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        var item = new WorkItem<TInput, TResult>(input, context.Priority, BucketOf(input));
        item.CancelWith(this, context.CancellationToken);
        try
        {
            lock (_lock)
            {
                // Its caller's cancellation may have been faster: then the input is released already.
                if (item.IsTaken)
                    return item;
                item.IsTaken = true; // so that no cancellation releases the input of an item that is refused
                var hasRoom = Admit(item, context, context.WaitsForRoom);
                item.IsTaken = false;
                if (hasRoom)
                    Enqueue(item);
                else
                    _queues.AddWaitingForRoom(item);
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

    /// <summary>Refuses what <see cref="Submit"/> would refuse now for the deadline or the state.</summary>
    /// <param name="readyAfter">Seconds until the item could be submitted.</param>
    public void Check(int length, WorkContext context, double readyAfter = 0)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        var item = new WaitingItem(context.Priority, _queues.LengthFor(length));
        lock (_lock)
            Admit(item, context, waitsForRoom: true, readyAfter);
    }

    /// <summary>Refuses what <see cref="Submit"/> would refuse now.</summary>
    public void CheckRoom(TInput input, WorkContext context)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        var item = new WaitingItem(context.Priority, BucketOf(input));
        lock (_lock)
            Admit(item, context, waitsForRoom: false);
    }

    /// <summary>Expected seconds until an item that is submitted now has been served.</summary>
    public double SecondsUntilServed(int length, WorkPriority priority)
    {
        lock (_lock)
        {
            Look(_clock.Now);
            return _policy.SecondsAhead(priority, _outlook) + Cost.CautiousSeconds(_queues.LengthFor(length));
        }
    }

    /// <summary>Frees the item's place and completes its caller at once.</summary>
    public void Cancel(WorkItem<TInput, TResult> item, CancellationToken token)
    {
        var hasAdmitted = false;
        lock (_lock)
        {
            if (!item.IsTaken)
            {
                _queues.Remove(item);
                Release(Take(item));
                _observer?.EntryDropped(_definition.Name, DropReason.Cancelled);
                AdmitWaiting(item);
                hasAdmitted = AdmitDeferred();
                DepthChanged();
                CompleteIfDrained();
            }
        }

        if (hasAdmitted)
            _definition.Wake();
        item.Cancel(token);
    }

    /// <summary>Lets an item wait longer, because someone with a later deadline waits for it too.</summary>
    public void ExtendDeadline(WorkItem<TInput, TResult> item, DateTimeOffset? deadline)
    {
        var later = _clock.ToTimestamp(deadline);
        lock (_lock)
        {
            if (later > item.Deadline)
                _queues.SetDeadline(item, later);
        }
    }

    /// <summary>When a batch may start; <see cref="MonotonicClock.Never"/> when there is none.</summary>
    public long ReadyAt(long now)
    {
        if (_queues.Count == 0)
            return MonotonicClock.Never;
        if (_definition.Options.MaxQueueDelay == TimeSpan.Zero || _queues.Count >= LargestBatch)
            return now;
        lock (_lock)
            return _state == QueueState.Serving ? _policy.HeldUntil(Cost) : now;
    }

    /// <summary>Forms a batch of what waits now, and turns away what is late.</summary>
    /// <param name="worker">The number of the worker that will run it.</param>
    /// <returns>False when nothing is left that is worth running.</returns>
    public bool TakeBatch(Batch<TInput, TResult> batch, int worker)
    {
        bool hasAdmitted;
        lock (_lock)
        {
            _definition.Load.Finish(worker);
            AdmitDeferred();
            Look(_clock.Now);
            var plan = _policy.Form(_outlook);
            if (!plan.IsEmpty)
                Start(batch, plan, worker);
            foreach (var item in plan.Expired)
                TurnAwayExpired(TakeOut(item));
            foreach (var item in plan.Late)
                TurnAway(TakeOut(item), Refuse(RejectionReason.Deadline, item.Priority));
            AdmitWaiting(plan);
            hasAdmitted = AdmitDeferred();
            if (plan.Expired.Count + plan.Late.Count + plan.Items.Count > 0)
                DepthChanged();
            CompleteIfDrained();
        }

        if (hasAdmitted)
            _definition.Wake();
        if (batch.Count == 0)
            return false;
        ObserveStart(batch);
        return true;
    }

    /// <summary>A batch went well: its time is learnt from.</summary>
    public void Learn(int size, int length, TimeSpan duration)
    {
        _costs.Observe((long)size * length, duration);
        lock (_lock)
            _sizer.Observe(size, length, duration.TotalSeconds);
    }

    /// <summary>A warm-up has ended: the size of batches follows from what it measured.</summary>
    public void SizeByCost()
    {
        lock (_lock)
            _sizer.WarmUpCost = Cost;
    }

    /// <summary>Lets go of a batch that was taken and whose callers have their results.</summary>
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

    /// <summary>Takes nothing new; completes when what was accepted has been served.</summary>
    public Task Drain()
    {
        lock (_lock)
        {
            if (_state == QueueState.Serving)
                _state = QueueState.Draining;
            TurnAwayWaitingForRoom();
            CompleteIfDrained();
        }

        _definition.Wake();
        return _drained.Task;
    }

    /// <summary>Takes nothing any more.</summary>
    /// <param name="state">Closed or faulted.</param>
    /// <returns>False when it had ended already.</returns>
    public bool End(QueueState state)
    {
        lock (_lock)
        {
            if (_state is QueueState.Closed or QueueState.Faulted)
                return false;
            _state = state;
            TurnAwayWaitingForRoom();
        }

        return true;
    }

    /// <summary>Turns away everything that waits.</summary>
    /// <returns>The number of the items.</returns>
    public int TurnAwayWaiting()
    {
        var count = 0;
        lock (_lock)
        {
            for (; _queues.TakeAny() is { } item; count++)
                TurnAway(Take(item), _errors.Unavailable(_state));
            DepthChanged();
            CompleteIfDrained();
        }

        return count;
    }

    /// <summary>For batches that hang: whatever they bring later finds its callers told.</summary>
    /// <returns>The number of the items.</returns>
    public int FailRunning()
    {
        var count = 0;
        lock (_lock)
        {
            foreach (var batch in _running)
            {
                foreach (var item in batch.Items)
                    item.Fail(_errors.Unavailable(_state));
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

    private int LengthOf(TInput input) => _definition.Length?.Invoke(input) ?? 1;

    /// <summary>Refuses an item that is not in a queue, or finds out when its batch will start.</summary>
    /// <returns>False when it must wait for room.</returns>
    private bool Admit(WaitingItem item, WorkContext context, bool waitsForRoom, double readyAfter = 0)
    {
        if (_state != QueueState.Serving)
            throw Refuse(RejectionReason.Unavailable, item.Priority);

        var now = _clock.Now;
        item.Deadline = _clock.ToTimestamp(context.Deadline);
        if (item.Deadline <= now)
        {
            _observer?.EntryDropped(_definition.Name, DropReason.Expired);
            throw _errors.DeadlinePassed();
        }

        if (item.HasDeadline)
            Plan(item, now, context.WaitsForRoom, readyAfter);
        if (_queues.HasRoomFor(item))
            return true;
        return waitsForRoom ? false : throw Refuse(RejectionReason.QueueFull, item.Priority);
    }

    /// <summary>Refuses an item whose deadline cannot be met, unless its caller waits.</summary>
    private void Plan(WaitingItem item, long now, bool waits, double readyAfter = 0)
    {
        Look(now);
        _queues.Add(item);
        var forecast = _policy.Predict(item, _outlook);
        _queues.Remove(item);
        var readyAndServed = readyAfter + Cost.CautiousSeconds(item.Length);
        var isMet = forecast.IsMet && (readyAfter <= 0 || _clock.Add(now, readyAndServed) <= item.Deadline);
        if (!isMet && !waits)
            throw Refuse(RejectionReason.Deadline, Math.Max(forecast.Ahead, readyAfter));
        item.PlannedStart = isMet ? _clock.Add(now, forecast.Start) : WaitingItem.Unplanned;
    }

    private void Enqueue(WorkItem<TInput, TResult> item)
    {
        item.Enqueued = _clock.Now;
        if (_queues.IsBehindDeferred(item) && item.MayWait)
            _queues.Defer(item, isFirst: false);
        else
            AddOrDefer(item, isFirst: false);
        DepthChanged();
    }

    /// <summary>An item that may wait yields to those that must not become late.</summary>
    /// <returns>Whether it is in its queue.</returns>
    private bool AddOrDefer(WaitingItem item, bool isFirst)
    {
        _queues.Add(item);
        if (!item.MayWait || !MakesAnotherLate(item))
            return true;
        _queues.Defer(item, isFirst);
        return false;
    }

    private bool MakesAnotherLate(WaitingItem item)
    {
        if (_queues.WithDeadline == 0)
            return false;
        Look(_clock.Now);
        return _policy.MakesAnotherLate(item, _outlook);
    }

    /// <returns>Whether there was any that others need no more.</returns>
    private bool AdmitDeferred()
    {
        var hasAdmitted = false;
        foreach (var list in _queues.Deferred)
        {
            while (list.First is { } item)
            {
                list.Remove(item);
                if (!AddOrDefer(item, isFirst: true))
                    break;
                hasAdmitted = true;
            }
        }

        return hasAdmitted;
    }

    private void Start(Batch<TInput, TResult> batch, BatchPlan plan, int worker)
    {
        foreach (var item in plan.Items)
            TakeOut(item);
        _policy.Commit(plan);
        var isHeld = plan.Reason == BatchReason.WorkConserving && _definition.Options.MaxQueueDelay > TimeSpan.Zero;
        batch.Fill(plan, isHeld ? BatchReason.Delay : plan.Reason, _outlook.Now);
        _running.Add(batch);
        _definition.Load.Start(worker, Cost.Seconds(plan.Units));
    }

    private void AdmitWaiting(BatchPlan plan)
    {
        foreach (var item in plan.Taken)
            AdmitWaiting(item);
    }

    /// <summary>Gives the places that an item left to who waited longest for them.</summary>
    private void AdmitWaiting(WaitingItem left)
    {
        while (_queues.TakeForRoomOf(left) is WorkItem<TInput, TResult> next)
        {
            var now = _clock.Now;
            if (next.Deadline <= now)
            {
                TurnAwayExpired(Take(next));
                continue;
            }

            if (next.HasDeadline)
                Plan(next, now, waits: true);
            Enqueue(next);
        }
    }

    /// <summary>What the policy needs to know besides the queues.</summary>
    private void Look(long now)
    {
        _outlook.Now = now;
        _outlook.Cost = Cost;
        _outlook.Others.Clear();
        _definition.AddOthers?.Invoke(_outlook.Others);
        _definition.Load.CopyTo(_outlook.Free);
        for (var i = 0; i < _outlook.Free.Length; i++)
            _outlook.Free[i] *= 1 + Cost.Deviation;
    }

    private ClipException Refuse(RejectionReason reason, WorkPriority priority)
    {
        if (reason == RejectionReason.Unavailable)
            return Refuse(reason, seconds: 0);
        Look(_clock.Now);
        return Refuse(reason, _policy.SecondsAhead(priority, _outlook));
    }

    private ClipException Refuse(RejectionReason reason, double seconds)
    {
        // A closed stage is no longer reported, and callers that still hold it would bring it back.
        if (_state != QueueState.Closed)
            _observer?.EntryRejected(_definition.Name, reason);
        return reason switch
        {
            RejectionReason.QueueFull => _errors.QueueFull(_definition.Options.QueueCapacity, seconds),
            RejectionReason.Deadline => _errors.DeadlineCannotBeMet(seconds),
            _ => _errors.Unavailable(_state),
        };
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

    private void TurnAway(WorkItem<TInput, TResult> item, ClipException error)
    {
        Release(item);
        item.Fail(error);
    }

    private void TurnAwayExpired(WorkItem<TInput, TResult> item)
    {
        TurnAway(item, _errors.DeadlinePassed());
        _observer?.EntryDropped(_definition.Name, DropReason.Expired);
    }

    private void TurnAwayWaitingForRoom()
    {
        while (_queues.TakeWaitingForRoom() is { } item)
            TurnAway(Take(item), Refuse(RejectionReason.Unavailable, item.Priority));
    }

    private void ObserveStart(Batch<TInput, TResult> batch)
    {
        _observer?.BatchStarted(_definition.Name, batch.Count, batch.Limit, batch.Reason);
        foreach (var item in batch.Items)
            _observer?.EntryStarted(_definition.Name, _clock.Between(item.Enqueued, batch.Formed));
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
