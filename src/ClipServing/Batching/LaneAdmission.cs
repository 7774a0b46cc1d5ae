namespace ClipGrpc.Serving.Batching;

/// <summary>A lane's entry: takes an input into its queue, or says why not.</summary>
internal sealed class LaneAdmission<TInput>
{
    private readonly BatchLane _lane;
    private readonly LaneDefinition<TInput> _definition;
    private readonly BatchFormer<TInput> _former;
    private readonly LaneErrors _errors;
    private readonly DeviceScheduler _scheduler;
    private readonly BatchingOptions _options;
    private readonly MonotonicClock _clock;
    private readonly Action<DropReason> _dropped;

    public LaneAdmission(
        BatchLane lane,
        LaneDefinition<TInput> definition,
        BatchFormer<TInput> former,
        LaneErrors errors,
        DeviceScheduler scheduler,
        MonotonicClock clock)
    {
        _lane = lane;
        _definition = definition;
        _former = former;
        _errors = errors;
        _scheduler = scheduler;
        _options = scheduler.Options;
        _clock = clock;
        _dropped = CountDrop;
    }

    /// <summary>
    /// Refusals are thrown, and then the input is not released; otherwise it is, whatever becomes of the entry.
    /// </summary>
    public WorkItem<TInput> Submit(TInput input, WorkContext context)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        var queue = FindQueue(LengthOf(input), context, out var now, out var deadline);
        var item = new WorkItem<TInput>(input, queue, now, deadline, _dropped, _definition.Release);
        item.CancelWith(context.CancellationToken);
        if (!queue.TryAdd(item))
        {
            item.Discard();

            // Its caller's cancellation was faster: the entry has ended, and its input is given back already.
            if (!item.TryTake())
                return item;
            var isFull = _lane.State == LaneState.Serving;
            throw Refuse(isFull ? RejectionReason.QueueFull : RejectionReason.Unavailable);
        }

        _scheduler.Observer.QueueDepthChanged(_lane.Name, _former.Waiting);
        _scheduler.Wake();
        return item;
    }

    /// <summary>Refuses what <see cref="Submit"/> would refuse now, unless it is for a full queue.</summary>
    public void Check(int length, WorkContext context)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        FindQueue(length, context, out _, out _);
    }

    /// <summary>Refuses what <see cref="Submit"/> would refuse now.</summary>
    public void CheckRoom(TInput input, WorkContext context)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        if (FindQueue(LengthOf(input), context, out _, out _).IsFull)
            throw Refuse(RejectionReason.QueueFull);
    }

    public LaneQueue<TInput> QueueFor(TInput input, WorkPriority priority) =>
        _former.QueueFor(priority, LengthOf(input));

    /// <summary>Answers an entry, already taken, whose deadline has passed.</summary>
    public void AnswerExpired(WorkItem<TInput> item)
    {
        item.TurnAway(_errors.DeadlinePassed());
        CountDrop(DropReason.Expired);
    }

    /// <summary>Answers an entry, already taken, whose deadline cannot be met any more.</summary>
    public void AnswerLate(WorkItem<TInput> item) => item.TurnAway(Refuse(RejectionReason.Deadline));

    private int LengthOf(TInput input) => _definition.Length?.Invoke(input) ?? 1;

    private LaneQueue<TInput> FindQueue(int length, WorkContext context, out long now, out long deadline)
    {
        if (_lane.State != LaneState.Serving)
            throw Refuse(RejectionReason.Unavailable);

        now = _clock.Now;
        deadline = _clock.ToTimestamp(context.Deadline);
        if (deadline <= now)
        {
            CountDrop(DropReason.Expired);
            throw _errors.DeadlinePassed();
        }

        var queue = _former.QueueFor(context.Priority, length);
        if (deadline != MonotonicClock.Never && !CanMeet(deadline, now, queue))
            throw Refuse(RejectionReason.Deadline);
        return queue;
    }

    private bool CanMeet(long deadline, long now, LaneQueue<TInput> queue)
    {
        var cost = _lane.Cost;
        var alone = cost.Seconds(queue.Length);
        var until = _scheduler.SecondsUntilServed(
            _lane, _former.SecondsUntilServed(queue, cost, _options.MaxBatchSize));

        // With nothing ahead it costs nobody anything to try, and only what is run corrects a wrong estimate.
        const double Rounding = 1 + 1e-9;
        return until <= alone * Rounding || _clock.Add(now, until * (1 + cost.Deviation)) <= deadline;
    }

    private ClipException Refuse(RejectionReason reason)
    {
        // A closed lane is no longer reported, and callers that still hold it would bring it back.
        if (_lane.State != LaneState.Closed)
            _scheduler.Observer.EntryRejected(_lane.Name, reason);
        if (reason == RejectionReason.Unavailable)
            return _errors.Unavailable(_lane.State);

        var seconds = _scheduler.SecondsUntilServed(_lane, _lane.BacklogSeconds());
        return reason == RejectionReason.QueueFull
            ? _errors.QueueFull(_options.QueueCapacity, seconds)
            : _errors.DeadlineCannotBeMet(seconds);
    }

    private void CountDrop(DropReason reason)
    {
        _scheduler.Observer.EntryDropped(_lane.Name, reason);
        _scheduler.Observer.QueueDepthChanged(_lane.Name, _former.Waiting);
    }
}
