namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Items from any thread, and batches of them for the workers of a stage: the device's for one tower of one model, or
/// the image decoder's. It owns its queues, its lock and its state; <see cref="BatchPolicy"/> decides, with the lock
/// held. An item waits for room, is deferred, waits in a queue, or is taken: by a batch, by its caller's cancellation,
/// or to be turned away. Who takes it releases its input.
/// </summary>
internal sealed class DynamicBatcher<TInput, TResult>
{
    /// <summary>
    /// A call that nothing is ahead of is refused only where its items would take so many times as long as its deadline
    /// allows: to try costs nobody anything, and only what runs corrects an estimate that was disturbed.
    /// </summary>
    private const double HopelessRatio = 1.5;

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

    public DynamicBatcher(BatcherDefinition<TInput> definition, MonotonicClock clock)
    {
        CheckBuckets(definition);
        _definition = definition;
        _observer = definition.Observer;
        _clock = clock;
        _errors = new TowerQueueErrors(definition.Name);
        _queues = new ItemQueues(
            definition.LengthBuckets, definition.Options.QueueCapacity, definition.Options.CallerCapacity);
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

    /// <summary>
    /// Seconds for which the stage can wait until a deadline that was promised could not be met any more; infinite
    /// where none was.
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
    /// For a user of the same workers that holds its own batcher's lock and must not wait for this one's: null while it
    /// is taken.
    /// </summary>
    public OtherWork? TryDescribe()
    {
        if (!_lock.TryEnter())
            return null;
        try
        {
            return new OtherWork(
                BacklogSeconds, FindSlack(), _demand.At(_clock.SecondsBetween(0, _clock.Now)));
        }
        finally
        {
            _lock.Exit();
        }
    }

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
                // Its caller's cancellation may have been faster: then the input is released already.
                if (item.IsTaken)
                    return item;
                AskedFor(item);
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

    /// <summary>
    /// Counts an item that will be submitted when it is prepared, unless it would be refused then as far as can be told
    /// now: preparing it would be for nothing.
    /// </summary>
    /// <param name="ready">When the item could be submitted.</param>
    /// <returns>For <see cref="Unexpect"/>, when it was submitted or is given up.</returns>
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

    /// <summary>Refuses what <see cref="Submit"/> would refuse now.</summary>
    public void CheckRoom(TInput input, WorkContext context)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        var item = ItemOf(BucketOf(input), context);
        lock (_lock)
            Admit(item, context, waitsForRoom: false);
    }

    /// <summary>When an item that is submitted now will have been served.</summary>
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
                _observer?.ItemDropped(_definition.Name, DropReason.Cancelled);
                hasAdmitted = AdmitWaiting(item.Priority) | AdmitDeferred();
                DepthChanged();
                CompleteIfDrained();
            }
        }

        if (hasAdmitted)
            _definition.Wake();
        item.Cancel(token);
    }

    /// <summary>Someone else waits for an item too: it waits as long, and has the better turn of both.</summary>
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
            if (_queues.TakeEarlierTurn(item, other.Caller) is { } before && MakesAnotherLate(item))
                _queues.TakeTurn(item, before);
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
            hasAdmitted = AdmitWaiting(WorkPriority.Interactive) | AdmitWaiting(WorkPriority.Bulk) | AdmitDeferred();
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
    public int TurnAwayWaiting(ClipException error)
    {
        var count = 0;
        lock (_lock)
        {
            for (; _queues.TakeAny() is { } item; count++)
                TurnAway(Take(item), error);
            DepthChanged();
            CompleteIfDrained();
        }

        return count;
    }

    /// <summary>For batches that hang: whatever they bring later finds its callers told.</summary>
    /// <returns>The number of the items.</returns>
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

    private int LengthOf(TInput input) => _definition.Length?.Invoke(input) ?? 1;

    /// <summary>Refuses an item that is not in a queue, or finds out when its batch will start.</summary>
    /// <returns>False when it must wait for room.</returns>
    private bool Admit(WaitingItem item, WorkContext context, bool waitsForRoom, Readiness? ready = null)
    {
        if (_state != QueueState.Serving)
            throw Refuse(RejectionReason.Unavailable, item.Priority);

        var now = _clock.Now;
        item.Deadline = _clock.ToTimestamp(context.Deadline);
        item.Expiry = item.HasDeadline ? MonotonicClock.Never : _clock.ToTimestamp(context.Expiry);
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
    /// Refuses an item whose deadline cannot be met, unless its caller waits: neither in its turn, nor behind all
    /// others of its queue where its turn would make one of them late.
    /// </summary>
    /// <param name="ready">Null: the item is prepared.</param>
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

    /// <summary>Whether a call that nothing is ahead of can be in time by the measured costs of its items.</summary>
    /// <exception cref="ClipException">DeadlineExceeded: it is hopeless.</exception>
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

    /// <summary>Seconds until all that is there, or will be before the item, and the item have been served.</summary>
    private double MeasuredSecondsUntilServed(WaitingItem item)
    {
        var ahead = BacklogSeconds + _policy.SecondsOf(_queues.ExpectedBefore(item), item.Length, Cost);
        return _outlook.Free.Min() + ahead / _outlook.Free.Length + Cost.Seconds(item.Length);
    }

    /// <summary>Whether nothing but items of the same call waits, will come or runs.</summary>
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
    /// An item that may wait yields to those that must not become late: to those of its queue, or, where that is not
    /// enough, until they need it no more.
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

    /// <returns>Whether there was any that others need no more.</returns>
    private bool AdmitDeferred()
    {
        var hasAdmitted = false;
        foreach (var list in _queues.Deferred)
        {
            while (list.First is { } item)
            {
                _queues.Unlink(item);
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

        _policy.Commit(plan);
        var isHeld = plan.Reason == BatchReason.WorkConserving && _definition.Options.MaxQueueDelay > TimeSpan.Zero;
        batch.Fill(plan, isHeld ? BatchReason.Delay : plan.Reason, _outlook.Now);
        _running.Add(batch);
        _definition.Load.Start(worker, Cost.Seconds(plan.Units));
    }

    /// <summary>Gives the free positions of a priority to those that wait for them.</summary>
    /// <returns>Whether there was any.</returns>
    private bool AdmitWaiting(WorkPriority priority)
    {
        var hasAdmitted = false;
        while (_queues.TakeForRoom(priority) is WorkItem<TInput, TResult> next)
        {
            var now = _clock.Now;
            if (next.End <= now)
            {
                TurnAwayExpired(Take(next));
                continue;
            }

            if (next.HasDeadline)
                Plan(next, now, waits: true);
            Enqueue(next);
            hasAdmitted = true;
        }

        return hasAdmitted;
    }

    /// <summary>What the policy needs to know besides the queues.</summary>
    private void Look(long now, bool withOthers = true)
    {
        _outlook.Now = now;
        _outlook.Cost = Cost;
        _outlook.Expected = 0;
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

    /// <summary>An item that is only asked about, or will come later.</summary>
    private static WaitingItem ItemOf(int length, WorkContext context) => new(context.Priority, length)
    {
        Caller = context.Caller,
        Group = context.Group,
    };

    private ClipException RefuseForRoom(WaitingItem item) => Refuse(
        _queues.IsShareUsed(item) ? RejectionReason.CallerShare : RejectionReason.QueueFull, item.Priority);

    private ClipException Refuse(RejectionReason reason, WorkPriority priority)
    {
        if (reason == RejectionReason.Unavailable)
            return Refuse(reason, seconds: 0);
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

    /// <summary>A closed stage is no longer reported, and callers that still hold it would bring it back.</summary>
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

    private void TurnAway(WorkItem<TInput, TResult> item, ClipException error)
    {
        Release(item);
        item.Fail(error);
    }

    private void TurnAwayExpired(WorkItem<TInput, TResult> item)
    {
        TurnAway(item, ErrorOfExpired(item));
        _observer?.ItemDropped(_definition.Name, DropReason.Expired);
    }

    private ClipException ErrorOfExpired(WaitingItem item) =>
        item.HasDeadline ? _errors.DeadlinePassed() : _errors.Expired();

    private void TurnAwayWaitingForRoom()
    {
        while (_queues.TakeWaitingForRoom() is { } item)
            TurnAway(Take(item), Refuse(RejectionReason.Unavailable, item.Priority));
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
