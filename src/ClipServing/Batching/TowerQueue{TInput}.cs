using System.Numerics.Tensors;

namespace ClipGrpc.Serving.Batching;

/// <summary>
/// One tower of one model on a device: a <see cref="DynamicBatcher{TInput, TResult}"/> and the encoders that run its
/// batches. Made by <see cref="DeviceScheduler.AddQueue{TInput}"/>.
/// </summary>
internal sealed class TowerQueue<TInput> : TowerQueue
{
    /// <summary>A fourth attempt after three new encoders failed in a row would only lose more callers' work.</summary>
    private const int MaxFailures = 3;

    private readonly Lock _lock = new(); // guards the warm-ups
    private readonly Queue<WarmUpRun<TInput>> _warmUps = new();
    private readonly DeviceScheduler _scheduler;
    private readonly BatchingOptions _options;
    private readonly IBatchObserver _observer;
    private readonly MonotonicClock _clock;
    private readonly ILogger _logger;
    private readonly TowerQueueErrors _errors;
    private readonly DynamicBatcher<TInput, EmbeddingResult> _batcher;
    private readonly EncoderPool<TInput> _encoders;
    private readonly Lazy<Task> _closing;
    private readonly TaskCompletionSource<Exception> _faulted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _failures;

    public TowerQueue(
        TowerQueueDefinition<TInput> definition, DeviceScheduler scheduler, MonotonicClock clock, ILogger logger)
        : base(definition.Name)
    {
        _scheduler = scheduler;
        _options = scheduler.Options;
        _observer = scheduler.Observer;
        _clock = clock;
        _logger = logger;
        _errors = new TowerQueueErrors(Name);
        _batcher = new DynamicBatcher<TInput, EmbeddingResult>(
            new BatcherDefinition<TInput>
            {
                Name = Name,
                Options = _options,
                Observer = _observer,
                Length = definition.Length,
                LengthBuckets = definition.LengthBuckets,
                Release = definition.Release,
                Load = scheduler.Load,
                AddOthers = others => scheduler.AddOthers(this, others),
                Wake = scheduler.Wake,
            },
            clock);
        _encoders = new EncoderPool<TInput>(
            definition.CreateEncoder,
            _options.Workers,
            _options.MaxBatchSize,
            exception => _logger.EncoderDisposeFailed(exception, Name));
        _closing = new Lazy<Task>(CloseAsync);
    }

    public override QueueState State => _batcher.State;

    public override int QueueDepth => _batcher.Waiting;

    public override BatchCost Cost => _batcher.Cost;

    public override Task<Exception> Faulted => _faulted.Task;

    public override Task Freed => _encoders.Freed;

    public override double NextBatchSeconds => _batcher.NextBatchSeconds;

    public override double BacklogSeconds => _batcher.BacklogSeconds;

    /// <inheritdoc cref="DynamicBatcher{TInput, TResult}.Submit"/>
    public WorkItem<TInput, EmbeddingResult> Submit(TInput input, WorkContext context) =>
        _batcher.Submit(input, context);

    /// <summary>
    /// For callers that prepare an input first: throws what <see cref="Submit"/> would throw for the deadline or the
    /// queue's state.
    /// </summary>
    /// <param name="readyAfter">Seconds that the preparation is expected to take.</param>
    public void CheckAdmission(int length, WorkContext context, double readyAfter = 0) =>
        _batcher.Check(length, context, readyAfter);

    /// <summary>For many items that wait for room: throws what <see cref="Submit"/> would for the first one.</summary>
    public void CheckRoom(TInput first, WorkContext context) => _batcher.CheckRoom(first, context);

    /// <inheritdoc cref="DynamicBatcher{TInput, TResult}.ExtendDeadline"/>
    public void ExtendDeadline(WorkItem<TInput, EmbeddingResult> item, DateTimeOffset? deadline) =>
        _batcher.ExtendDeadline(item, deadline);

    /// <summary>
    /// Runs batches of copies of <paramref name="sample"/>, so that each encoder has run before and the cost model
    /// starts from measurements. They take their turns on the device like other batches.
    /// </summary>
    /// <exception cref="ClipException">Internal: the encoder failed. Unavailable: the queue stops.</exception>
    public async Task WarmUpAsync(TInput sample, WarmUpPlan plan, CancellationToken cancellationToken)
    {
        var length = _batcher.BucketOf(sample);
        var isFirst = true;
        foreach (var size in plan.Sizes)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size, nameof(plan));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(size, _options.MaxBatchSize, nameof(plan));
            if (!isFirst && Cost.Seconds((double)size * length) > plan.LongestPass.TotalSeconds)
                continue;
            _batcher.Learn(size, length, await MeasureAsync(sample, length, size, plan, isFirst, cancellationToken));
            isFirst = false;
        }

        _batcher.SizeByCost();
    }

    public override long ReadyAt(long now)
    {
        if (InFlight >= _encoders.Ready)
            return MonotonicClock.Never;
        return HasWarmUps ? now : _batcher.ReadyAt(now);
    }

    public override void RunBatch(int worker)
    {
        if (_encoders.TryTake() is not { } slot)
            return; // closed since the scheduler chose this queue

        var size = Run(slot, worker, out var failure);
        if (failure is not null)
        {
            Retire(slot, size, failure);
            return;
        }

        if (size > 0)
            Volatile.Write(ref _failures, 0);
        _encoders.Return(slot);
    }

    public override ValueTask DisposeAsync() => new(_closing.Value);

    /// <summary>Frees a queue that was never served.</summary>
    public void Discard()
    {
        _batcher.End(QueueState.Closed);
        _encoders.Close();
        _faulted.TrySetCanceled();
    }

    private bool HasWarmUps
    {
        get
        {
            lock (_lock)
                return _warmUps.Count > 0;
        }
    }

    /// <summary>The time of a batch of that size: the median of several passes where they are short.</summary>
    private async Task<TimeSpan> MeasureAsync(
        TInput sample, int length, int size, WarmUpPlan plan, bool isFirst, CancellationToken cancellationToken)
    {
        var shortest = TimeSpan.MaxValue;
        if (isFirst || plan.RepeatsEverySize)
        {
            shortest = (await RunWarmUpAsync(sample, length, size, cancellationToken))[^1];
            if (shortest > plan.LongestPass)
                return shortest;
        }

        var passes = new List<TimeSpan>();
        do
        {
            passes.AddRange(await RunWarmUpAsync(sample, length, size, cancellationToken));
            passes.Sort();
            shortest = shortest < passes[0] ? shortest : passes[0];
        }
        while (shortest <= plan.ShortPass && passes.Count < plan.ShortPasses * _options.Workers);

        return passes[passes.Count / 2];
    }

    /// <summary>One batch on each encoder, which take their turns.</summary>
    private async Task<List<TimeSpan>> RunWarmUpAsync(
        TInput sample, int length, int size, CancellationToken cancellationToken)
    {
        var durations = new List<TimeSpan>();
        for (var run = 0; run < _options.Workers; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var warmUp = new WarmUpRun<TInput>(sample, size);
            lock (_lock)
            {
                if (State != QueueState.Serving)
                    throw _errors.Unavailable(State);
                _warmUps.Enqueue(warmUp);
            }

            _scheduler.Wake();
            durations.Add(await warmUp.Done.Task);
            _logger.WarmedUp(Name, size, durations[^1].TotalSeconds);
        }

        return durations;
    }

    /// <summary>Runs the warm-up if there is one, otherwise what waits.</summary>
    /// <returns>The items that were run; 0 when none was left.</returns>
    private int Run(EncoderSlot<TInput> slot, int worker, out Exception? failure)
    {
        failure = null;
        var batch = slot.Batch;
        try
        {
            if (TakeWarmUp() is { } warmUp)
            {
                failure = RunWarmUp(slot, warmUp);
                return warmUp.Size;
            }

            if (_batcher.TakeBatch(batch, worker))
                failure = RunBatch(slot);
        }
        catch (Exception exception)
        {
            // Not the encoder but this class or the observer: nothing may be left unanswered, and the thread lives on.
            FailAll(batch);
            failure = exception;
        }

        var size = batch.Count;
        _batcher.Complete(batch);
        return size;
    }

    private WarmUpRun<TInput>? TakeWarmUp()
    {
        lock (_lock)
            return _warmUps.TryDequeue(out var warmUp) ? warmUp : null;
    }

    private Exception? RunWarmUp(EncoderSlot<TInput> slot, WarmUpRun<TInput> warmUp)
    {
        var inputs = new TInput[warmUp.Size];
        Array.Fill(inputs, warmUp.Sample);
        var embeddings = new float[warmUp.Size * slot.Encoder.Dimensions];
        var norms = new float[warmUp.Size];
        var started = _clock.Now;
        try
        {
            slot.Encoder.WarmUp(inputs, embeddings, norms);
        }
        catch (Exception exception)
        {
            warmUp.Done.TrySetException(_errors.BatchFailed());
            return exception;
        }

        var duration = _clock.Between(started, _clock.Now);
        if (TensorPrimitives.IsFiniteAll(embeddings) && TensorPrimitives.IsFiniteAll(norms))
            warmUp.Done.TrySetResult(duration);
        else
            warmUp.Done.TrySetException(_errors.WarmUpNotFinite());
        return null;
    }

    private Exception? RunBatch(EncoderSlot<TInput> slot)
    {
        var batch = slot.Batch;
        var embeddings = GC.AllocateUninitializedArray<float>(batch.Count * slot.Encoder.Dimensions);
        Exception? failure = null;
        var started = _clock.Now;
        try
        {
            slot.Encoder.Encode(batch.Inputs, embeddings, slot.Norms);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        var duration = _clock.Between(started, _clock.Now);
        if (failure is null)
            Answer(slot, embeddings, started, duration);
        else
            FailAll(batch);
        _observer.BatchFinished(Name, batch.Count, duration, failure is null);
        return failure;
    }

    private void Answer(EncoderSlot<TInput> slot, float[] embeddings, long started, TimeSpan duration)
    {
        var batch = slot.Batch;
        _batcher.Learn(batch.Count, batch.Length, duration);
        var dimensions = slot.Encoder.Dimensions;
        for (var i = 0; i < batch.Count; i++)
        {
            var item = batch.Items[i];
            var vector = embeddings.AsMemory(i * dimensions, dimensions);
            if (!IsFinite(vector.Span, slot.Norms[i]))
            {
                item.Fail(_errors.NotFinite());
                continue;
            }

            item.Succeed(new EmbeddingResult(vector, slot.Norms[i])
            {
                Queued = _clock.Between(item.Enqueued, started),
                Inference = duration,
                BatchSize = batch.Count,
            });
        }
    }

    private static bool IsFinite(ReadOnlySpan<float> values, float norm) =>
        float.IsFinite(norm) && TensorPrimitives.IsFiniteAll(values);

    private void FailAll(Batch<TInput, EmbeddingResult> batch)
    {
        foreach (var item in batch.Items)
            item.Fail(_errors.BatchFailed());
    }

    /// <summary>Makes another encoder in place of one that failed, or gives the queue up.</summary>
    private void Retire(EncoderSlot<TInput> slot, int size, Exception failure)
    {
        var failures = Interlocked.Increment(ref _failures);
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
            await _encoders.ReplaceAsync(slot);
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
        if (!End(QueueState.Faulted))
            return;
        _batcher.TurnAwayWaiting();
        _faulted.TrySetResult(cause);
        _logger.QueueFaulted(cause, Name);
        _observer.QueueFaulted(Name);
    }

    private async Task CloseAsync()
    {
        var limit = _options.ShutdownTimeout;
        var started = _clock.Now;
        var drained = _batcher.Drain();
        DropWarmUps();
        try
        {
            await Task.WhenAny(drained, _faulted.Task).WaitAsync(limit, _clock.TimeProvider);
        }
        catch (TimeoutException)
        {
            var left = _batcher.TurnAwayWaiting() + _batcher.FailRunning();
            _logger.DrainTimedOut(Name, limit, left);
        }

        if (End(QueueState.Closed))
            _faulted.TrySetCanceled();
        await WaitForEncodersAsync(limit - _clock.Between(started, _clock.Now));
    }

    /// <summary>One that is being made in place of a failed one may be left.</summary>
    private async Task WaitForEncodersAsync(TimeSpan limit)
    {
        try
        {
            await _encoders.Freed.WaitAsync(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, _clock.TimeProvider);
            _observer.QueueClosed(Name);
        }
        catch (TimeoutException)
        {
            _logger.EncoderLeft(Name);
        }
    }

    /// <summary>False when the queue has ended already.</summary>
    private bool End(QueueState state)
    {
        if (!_batcher.End(state))
            return false;
        DropWarmUps();
        _scheduler.Remove(this);
        _encoders.Close();
        return true;
    }

    private void DropWarmUps()
    {
        lock (_lock)
        {
            while (_warmUps.TryDequeue(out var warmUp))
                warmUp.Done.TrySetException(_errors.Unavailable(State));
        }
    }
}
