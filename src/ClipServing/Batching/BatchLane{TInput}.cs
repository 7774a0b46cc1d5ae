namespace ClipGrpc.Serving.Batching;

/// <summary>
/// One tower of one model on a device: takes single inputs from any thread and answers them from batches. Made by
/// <see cref="DeviceScheduler.AddLane{TInput}"/>.
/// </summary>
internal sealed class BatchLane<TInput> : BatchLane
{
    private readonly Lock _lock = new(); // one consumer forms batches at a time; guards warm-ups and state too
    private readonly LaneDefinition<TInput> _definition;
    private readonly DeviceScheduler _scheduler;
    private readonly BatchingOptions _options;
    private readonly MonotonicClock _clock;
    private readonly ILogger _logger;
    private readonly LaneErrors _errors;
    private readonly BatchCostModel _costs = new();
    private readonly BatchFormer<TInput> _former;
    private readonly LaneAdmission<TInput> _admission;
    private readonly BatchRunner<TInput> _runner;
    private readonly EncoderPool<TInput> _encoders;
    private readonly LaneLife<TInput> _life;
    private readonly Lazy<Task> _closing;

    public BatchLane(
        LaneDefinition<TInput> definition, DeviceScheduler scheduler, MonotonicClock clock, ILogger logger)
        : base(definition.Name)
    {
        CheckBuckets(definition);
        _definition = definition;
        _scheduler = scheduler;
        _options = scheduler.Options;
        _clock = clock;
        _logger = logger;
        _errors = new LaneErrors(Name);
        _former = new BatchFormer<TInput>(
            definition.LengthBuckets,
            _options,
            expired: item => _admission!.AnswerExpired(item),
            late: item => _admission!.AnswerLate(item));
        _admission = new LaneAdmission<TInput>(this, definition, _former, _errors, scheduler, clock);
        _runner = new BatchRunner<TInput>(Name, _lock, _former, _costs, _errors, _options, scheduler.Observer, clock);
        _encoders = new EncoderPool<TInput>(
            definition.CreateEncoder,
            _options.Workers,
            _options.MaxBatchSize,
            exception => _logger.EncoderDisposeFailed(exception, Name));
        _life = new LaneLife<TInput>(this, _lock, _former, _runner, _encoders, _errors, scheduler, clock, logger);
        _closing = new Lazy<Task>(_life.CloseAsync);
    }

    public override LaneState State => _life.State;

    public override int QueueDepth => _former.Waiting;

    public override BatchCost Cost => _costs.Cost;

    public override Task<Exception> Faulted => _life.Faulted;

    public override Task Freed => _encoders.Freed;

    /// <summary>Encodes one input together with others that wait. Never waits for room.</summary>
    /// <exception cref="ClipException">
    /// Overloaded: the queue is full or the deadline cannot be met. DeadlineExceeded: it passed in the queue.
    /// Unavailable: the lane stops or has failed. Internal: the batch failed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller is gone.</exception>
    public ValueTask<EmbeddingResult> EncodeAsync(TInput input, WorkContext context)
    {
        try
        {
            return new ValueTask<EmbeddingResult>(Submit(input, context).Task);
        }
        catch (ClipException exception)
        {
            return ValueTask.FromException<EmbeddingResult>(exception);
        }
        catch (OperationCanceledException exception)
        {
            return ValueTask.FromCanceled<EmbeddingResult>(exception.CancellationToken);
        }
    }

    /// <summary>
    /// As <see cref="EncodeAsync"/>, for who changes the entry while it waits. Refusals are thrown, and then the input
    /// is not released; otherwise it is, whatever becomes of the entry.
    /// </summary>
    public WorkItem<TInput> Submit(TInput input, WorkContext context) => _admission.Submit(input, context);

    /// <summary>
    /// For who has to prepare an input of a length first: throws what <see cref="Submit"/> would for the deadline or the
    /// lane's state if it were called now.
    /// </summary>
    public void CheckAdmission(int length, WorkContext context) => _admission.Check(length, context);

    /// <summary>For work of many entries that wait for room: throws what <see cref="Submit"/> would for its first one.</summary>
    public void CheckRoom(TInput first, WorkContext context) => _admission.CheckRoom(first, context);

    /// <summary>
    /// Runs batches of copies of <paramref name="sample"/>, so that each encoder has run before and the cost model
    /// starts from measurements. They take their turns on the device like other batches.
    /// </summary>
    /// <exception cref="ClipException">Internal: the encoder failed. Unavailable: the lane stops.</exception>
    public async Task WarmUpAsync(TInput sample, WarmUpPlan plan, CancellationToken cancellationToken)
    {
        var length = _admission.QueueFor(sample, WorkPriority.Interactive).Length;
        var isFirst = true;
        foreach (var size in plan.Sizes)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size, nameof(plan));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(size, _options.MaxBatchSize, nameof(plan));
            if (!isFirst && Cost.Seconds((double)size * length) > plan.LongestPass.TotalSeconds)
                continue;
            var isMeasured = false;
            if (isFirst || plan.RepeatsEverySize)
            {
                var duration =
                    await RunWarmUpAsync(sample, length, size, measured: false, cancellationToken);
                isMeasured = duration > plan.LongestPass;
                if (isMeasured)
                    _costs.Observe((long)size * length, duration);
            }

            if (!isMeasured)
                await RunWarmUpAsync(sample, length, size, measured: true, cancellationToken);
            isFirst = false;
        }

        _former.SizingCost = Cost;
    }

    /// <summary>Lets a submitted entry wait longer, because someone with a later deadline waits for it too.</summary>
    public void ExtendDeadline(WorkItem<TInput> item, DateTimeOffset? deadline) =>
        item.ExtendDeadline(_clock.ToTimestamp(deadline));

    public override long ReadyAt(long now)
    {
        if (InFlight >= _encoders.Ready || (_former.IsEmpty && !_runner.HasWarmUps))
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

        var size = _runner.Run(slot, out var failure);
        if (failure is not null)
        {
            _life.Retire(slot, size, failure);
            return;
        }

        if (size > 0)
            _life.ForgetFailures();
        _encoders.Return(slot);
    }

    public override void CompleteIfDrained() => _life.CompleteIfDrained();

    public override ValueTask DisposeAsync() => new(_closing.Value);

    /// <summary>Frees a lane that was never served.</summary>
    public void Discard() => _life.Discard();

    private static void CheckBuckets(LaneDefinition<TInput> definition)
    {
        var buckets = definition.LengthBuckets;
        if (buckets.Count == 0 || buckets[0] < 1 || buckets.Zip(buckets.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            throw new ArgumentException(
                $"The length buckets of {definition.Name} must be positive and ascending.", nameof(definition));
        }
    }

    private long HeldUntil(long now)
    {
        lock (_lock)
        {
            if (State != LaneState.Serving || _runner.HasWarmUps || _former.Oldest() is not { } oldest)
                return now;
            var held = _clock.Add(oldest.Enqueued, _options.MaxQueueDelay);
            if (oldest.Deadline == MonotonicClock.Never)
                return held;
            var latest = _clock.Add(oldest.Deadline, -Cost.CautiousSeconds(oldest.Length));
            return Math.Min(held, Math.Max(latest, oldest.Enqueued));
        }
    }

    /// <summary>One batch on each encoder, which take their turns.</summary>
    /// <returns>The time of the last one.</returns>
    private async Task<TimeSpan> RunWarmUpAsync(
        TInput sample, int length, int size, bool measured, CancellationToken cancellationToken)
    {
        TimeSpan duration = default;
        for (var run = 0; run < _options.Workers; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var warmUp = new WarmUpRun<TInput>(sample, length, size, measured);
            lock (_lock)
            {
                if (State != LaneState.Serving)
                    throw _errors.Unavailable(State);
                _runner.AddWarmUp(warmUp);
            }

            _scheduler.Wake();
            duration = await warmUp.Done.Task;
            _logger.WarmedUp(Name, size, duration.TotalSeconds);
        }

        return duration;
    }
}
