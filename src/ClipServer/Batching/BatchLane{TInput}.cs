namespace ClipGrpc.Server.Batching;

/// <summary>
/// One tower of one variant on a device: takes single inputs from any thread and answers them from batches. Made by
/// <see cref="DeviceScheduler.AddLane{TInput}"/>.
/// </summary>
internal sealed class BatchLane<TInput> : BatchLane
{
    /// <summary>A fourth attempt after three new encoders failed in a row would only lose more callers' work.</summary>
    private const int MaxFailures = 3;

    private readonly Lock _gate = new(); // one consumer forms batches at a time; guards warm-ups and state too
    private readonly LaneErrors _errors;
    private readonly BatchFormer<TInput> _former;
    private readonly BatchRunner<TInput> _runner;
    private readonly Queue<WarmUpRun<TInput>> _warmUps = new();
    private readonly EncoderPool<TInput> _encoders;
    private readonly LaneDefinition<TInput> _definition;
    private readonly DeviceScheduler _scheduler;
    private readonly BatchingOptions _options;
    private readonly IBatchObserver _observer;
    private readonly MonotonicClock _clock;
    private readonly ILogger _logger;
    private readonly BatchCostModel _costs = new();
    private readonly Action<DropReason> _dropped;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception> _faulted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lazy<Task> _closing;
    private volatile LaneState _state = LaneState.Serving;
    private int _failures;

    public BatchLane(
        LaneDefinition<TInput> definition, DeviceScheduler scheduler, MonotonicClock clock, ILogger logger)
        : base(definition.Name)
    {
        CheckBuckets(definition);
        _definition = definition;
        _errors = new LaneErrors(definition.Name);
        _scheduler = scheduler;
        _options = scheduler.Options;
        _observer = scheduler.Observer;
        _clock = clock;
        _logger = logger;
        _dropped = CountDrop;
        _closing = new Lazy<Task>(CloseAsync);
        _former = new BatchFormer<TInput>(definition.LengthBuckets, _options, AnswerExpired, AnswerLate);
        _runner = new BatchRunner<TInput>(Name, _gate, _former, _costs, _errors, _options, _observer, _clock);
        _encoders = new EncoderPool<TInput>(
            definition.CreateEncoder,
            _options.Workers,
            _options.MaxBatchSize,
            exception => _logger.EncoderDisposeFailed(exception, Name));
    }

    public override LaneState State => _state;

    public override int QueueDepth => _former.Waiting;

    public override BatchCost Cost => _costs.Cost;

    public override Task<Exception> Faulted => _faulted.Task;

    public override Task Freed => _encoders.Freed;

    /// <summary>Encodes one input together with others that wait. Never waits for room.</summary>
    /// <exception cref="ClipException">
    /// Overloaded: the queue is full or the deadline cannot be met. DeadlineExceeded: it passed in the queue.
    /// Unavailable: the lane stops or has failed. Internal: the batch failed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller is gone.</exception>
    public ValueTask<EncodedItem> EncodeAsync(TInput input, WorkContext context)
    {
        try
        {
            return new ValueTask<EncodedItem>(Submit(input, context).Task);
        }
        catch (ClipException exception)
        {
            return ValueTask.FromException<EncodedItem>(exception);
        }
        catch (OperationCanceledException exception)
        {
            return ValueTask.FromCanceled<EncodedItem>(exception.CancellationToken);
        }
    }

    /// <summary>
    /// As <see cref="EncodeAsync"/>, for who changes the entry while it waits. Refusals are thrown, and then the input
    /// is not released; otherwise it is, whatever becomes of the entry.
    /// </summary>
    public WorkItem<TInput> Submit(TInput input, WorkContext context)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        if (_state != LaneState.Serving)
            throw Refuse(RejectionReason.Unavailable);

        long now = _clock.Now;
        long deadline = _clock.ToTimestamp(context.Deadline);
        if (deadline <= now)
        {
            CountDrop(DropReason.Expired);
            throw _errors.DeadlinePassed();
        }

        LaneQueue<TInput> queue = _former.QueueFor(context.Priority, LengthOf(input));
        if (deadline != MonotonicClock.Never && !CanMeet(deadline, now, queue))
            throw Refuse(RejectionReason.Deadline);

        var item = new WorkItem<TInput>(input, queue, now, deadline, _dropped, _definition.Release);
        item.CancelWith(context.CancellationToken);
        if (!queue.TryAdd(item))
        {
            item.Discard();

            // Its caller's cancellation was faster: the entry has ended, and its input is given back already.
            if (!item.TryTake())
                return item;
            bool isFull = _state == LaneState.Serving;
            throw Refuse(isFull ? RejectionReason.QueueFull : RejectionReason.Unavailable);
        }

        _observer.QueueDepthChanged(Name, QueueDepth);
        _scheduler.Wake();
        return item;
    }

    /// <summary>
    /// Runs batches of copies of <paramref name="sample"/>, so that each encoder has run before and the cost model
    /// starts from measurements. They take their turns on the device like other batches.
    /// </summary>
    /// <exception cref="ClipException">Internal: the encoder failed. Unavailable: the lane stops.</exception>
    public async Task WarmUpAsync(TInput sample, WarmUpPlan plan, CancellationToken cancellationToken)
    {
        int length = _former.QueueFor(WorkPriority.Interactive, LengthOf(sample)).Length;
        bool isFirst = true;
        foreach (int size in plan.Sizes)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size, nameof(plan));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(size, _options.MaxBatchSize, nameof(plan));
            if (!isFirst && Cost.Seconds((double)size * length) > plan.LongestPass.TotalSeconds)
                continue;
            bool isMeasured = false;
            if (isFirst || plan.RepeatsEverySize)
            {
                TimeSpan duration =
                    await RunWarmUpAsync(sample, length, size, measured: false, cancellationToken).ConfigureAwait(false);
                isMeasured = duration > plan.LongestPass;
                if (isMeasured)
                    _costs.Observe((long)size * length, duration);
            }

            if (!isMeasured)
                await RunWarmUpAsync(sample, length, size, measured: true, cancellationToken).ConfigureAwait(false);
            isFirst = false;
        }

        _former.SizingCost = Cost;
    }

    /// <summary>Lets a submitted entry wait longer, because someone with a later deadline waits for it too.</summary>
    public void ExtendDeadline(WorkItem<TInput> item, DateTimeOffset? deadline) =>
        item.ExtendDeadline(_clock.ToTimestamp(deadline));

    public override long ReadyAt(long now)
    {
        if (InFlight >= _encoders.Ready || (_former.IsEmpty && _warmUps.Count == 0))
            return MonotonicClock.Never;
        return _options.MaxQueueDelay == TimeSpan.Zero || _former.Waiting >= LargestBatch ? now : HeldUntil(now);
    }

    public override double NextBatchSeconds() =>
        Math.Min(BacklogSeconds(), Cost.Seconds(LargestBatch * (double)_definition.LengthBuckets[^1]));

    private int LargestBatch => _former.SizingCost.LargestSize(_definition.LengthBuckets[^1], _options.MaxBatchSize);

    public override double BacklogSeconds() => _former.BacklogSeconds(Cost, _options.MaxBatchSize);

    public override void RunBatch()
    {
        if (_encoders.TryTake() is not { } slot)
            return; // closed since the scheduler chose this lane

        int size = _runner.Run(slot, TakeWarmUp(), out Exception? failure);
        if (failure is not null)
        {
            Retire(slot, size, failure);
            return;
        }

        if (size > 0)
            Volatile.Write(ref _failures, 0);
        _encoders.Return(slot);
    }

    public override void CompleteIfDrained()
    {
        if (_state == LaneState.Draining && InFlight == 0 && _former.IsEmpty)
            _drained.TrySetResult();
    }

    public override ValueTask DisposeAsync() => new(_closing.Value);

    /// <summary>Frees a lane that was never served.</summary>
    public void Discard()
    {
        _state = LaneState.Closed;
        _former.Close();
        _encoders.Close();
        _faulted.TrySetCanceled();
    }

    // Admission

    private static void CheckBuckets(LaneDefinition<TInput> definition)
    {
        IReadOnlyList<int> buckets = definition.LengthBuckets;
        if (buckets.Count == 0 || buckets[0] < 1 || buckets.Zip(buckets.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            throw new ArgumentException(
                $"The length buckets of {definition.Name} must be positive and ascending.", nameof(definition));
        }
    }

    private int LengthOf(TInput input) => _definition.Length?.Invoke(input) ?? 1;

    private bool CanMeet(long deadline, long now, LaneQueue<TInput> queue)
    {
        BatchCost cost = Cost;
        double alone = cost.Seconds(queue.Length);
        double until = _scheduler.SecondsUntilServed(
            this, _former.SecondsUntilServed(queue, cost, _options.MaxBatchSize));

        // With nothing ahead it costs nobody anything to try, and only what is run corrects a wrong estimate.
        const double Rounding = 1 + 1e-9;
        return until <= alone * Rounding || _clock.Add(now, until * (1 + cost.Deviation)) <= deadline;
    }

    private ClipException Refuse(RejectionReason reason)
    {
        // A closed lane is no longer reported, and callers that still hold it would bring it back.
        if (_state != LaneState.Closed)
            _observer.EntryRejected(Name, reason);
        if (reason == RejectionReason.Unavailable)
            return _errors.Unavailable(_state);

        double seconds = _scheduler.SecondsUntilServed(this, BacklogSeconds());
        return reason == RejectionReason.QueueFull
            ? _errors.QueueFull(_options.QueueCapacity, seconds)
            : _errors.DeadlineCannotBeMet(seconds);
    }

    // Forming

    private long HeldUntil(long now)
    {
        lock (_gate)
        {
            if (_state != LaneState.Serving || _warmUps.Count > 0 || _former.Oldest() is not { } oldest)
                return now;
            long held = _clock.Add(oldest.Enqueued, _options.MaxQueueDelay);
            if (oldest.Deadline == MonotonicClock.Never)
                return held;
            long latest = _clock.Add(oldest.Deadline, -Cost.CautiousSeconds(oldest.Length));
            return Math.Min(held, Math.Max(latest, oldest.Enqueued));
        }
    }

    /// <summary>One batch on each encoder, which take their turns.</summary>
    /// <returns>The time of the last one.</returns>
    private async Task<TimeSpan> RunWarmUpAsync(
        TInput sample, int length, int size, bool measured, CancellationToken cancellationToken)
    {
        TimeSpan duration = default;
        for (int run = 0; run < _options.Workers; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var warmUp = new WarmUpRun<TInput>(sample, length, size, measured);
            lock (_gate)
            {
                if (_state != LaneState.Serving)
                    throw _errors.Unavailable(_state);
                _warmUps.Enqueue(warmUp);
            }

            _scheduler.Wake();
            duration = await warmUp.Done.Task.ConfigureAwait(false);
            _logger.WarmedUp(Name, size, duration.TotalSeconds);
        }

        return duration;
    }

    private WarmUpRun<TInput>? TakeWarmUp()
    {
        lock (_gate)
            return _warmUps.TryDequeue(out WarmUpRun<TInput>? warmUp) ? warmUp : null;
    }

    private void CountDrop(DropReason reason)
    {
        _observer.EntryDropped(Name, reason);
        _observer.QueueDepthChanged(Name, QueueDepth);
    }

    private void AnswerExpired(WorkItem<TInput> item)
    {
        TurnAway(item, _errors.DeadlinePassed());
        CountDrop(DropReason.Expired);
    }

    private void AnswerLate(WorkItem<TInput> item) => TurnAway(item, Refuse(RejectionReason.Deadline));

    private static void TurnAway(WorkItem<TInput> item, ClipException error)
    {
        item.ReleaseInput();
        item.Fail(error);
    }

    // Failing and ending

    private void Retire(EncoderSlot<TInput> slot, int size, Exception failure)
    {
        int failures = Interlocked.Increment(ref _failures);
        _logger.BatchFailed(failure, Name, size, failures);
        if (failures >= MaxFailures)
        {
            _encoders.Dispose(slot);
            Fault(failure);
            return;
        }

        _ = ReplaceAsync(slot);
    }

    private async Task ReplaceAsync(EncoderSlot<TInput> slot)
    {
        try
        {
            await _encoders.ReplaceAsync(slot).ConfigureAwait(false);
            _logger.EncoderReplaced(Name);
            _scheduler.Wake();
        }
        catch (Exception exception)
        {
            Fault(exception);
        }
    }

    private void Fault(Exception cause)
    {
        if (!End(LaneState.Faulted))
            return;
        AnswerQueued();
        _drained.TrySetResult();
        _faulted.TrySetResult(cause);
        _logger.LaneFaulted(cause, Name);
        _observer.LaneFaulted(Name);
    }

    private async Task CloseAsync()
    {
        long started = _clock.Now;
        lock (_gate)
        {
            if (_state == LaneState.Serving)
                _state = LaneState.Draining;
            _former.Close();
            DropWarmUps();
        }

        _scheduler.Wake();
        _scheduler.CompleteIfDrained(this);
        try
        {
            await _drained.Task.WaitAsync(_options.ShutdownTimeout, _clock.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            int left = AnswerQueued() + _runner.AnswerRunning(() => _errors.Unavailable(_state));
            _logger.DrainTimedOut(Name, _options.ShutdownTimeout, left);
        }

        if (End(LaneState.Closed))
            _faulted.TrySetCanceled();
        await WaitForEncodersAsync(_options.ShutdownTimeout - _clock.Between(started, _clock.Now)).ConfigureAwait(false);
    }

    /// <summary>One that is being made in place of a failed one may be left.</summary>
    private async Task WaitForEncodersAsync(TimeSpan limit)
    {
        try
        {
            await Freed.WaitAsync(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, _clock.TimeProvider).ConfigureAwait(false);
            _observer.LaneClosed(Name);
        }
        catch (TimeoutException)
        {
            _logger.EncoderLeft(Name);
        }
    }

    /// <summary>False when the lane has ended already.</summary>
    private bool End(LaneState state)
    {
        lock (_gate)
        {
            if (_state is LaneState.Closed or LaneState.Faulted)
                return false;
            _state = state;
            _former.Close();
            DropWarmUps();
        }

        _scheduler.Remove(this);
        _encoders.Close();
        return true;
    }

    private int AnswerQueued()
    {
        int count = 0;
        lock (_gate)
        {
            for (; _former.TakeAny() is { } item; count++)
                TurnAway(item, _errors.Unavailable(_state));
        }

        _observer.QueueDepthChanged(Name, QueueDepth);
        return count;
    }

    private void DropWarmUps()
    {
        while (_warmUps.TryDequeue(out WarmUpRun<TInput>? warmUp))
            warmUp.Done.TrySetException(_errors.Unavailable(_state));
    }
}
