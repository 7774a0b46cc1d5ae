using System.Numerics.Tensors;
using System.Runtime.ExceptionServices;
using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Serving.Batching;

/// <summary>
/// A tower of a model on a device: a <see cref="DynamicBatcher{TInput, TResult}"/> and the encoders that run its
/// batches. Created by <see cref="DeviceScheduler.AddQueue{TInput}"/>.
/// </summary>
internal sealed class TowerQueue<TInput> : TowerQueue
{
    /// <summary>Consecutive failures after which the queue fails permanently.</summary>
    private const int MaxFailures = 3;

    /// <summary>If this many items of a failed batch have failed alone and none has succeeded, no other is tried.
    /// </summary>
    private const int MaxItemFailures = 3;

    /// <summary>Delay before the first attempt to restart a failed device; doubled before each further attempt.
    /// </summary>
    private static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(1);

    private readonly DeviceScheduler _scheduler;
    private readonly BatchingOptions _options;
    private readonly IBatchObserver _observer;
    private readonly MonotonicClock _clock;
    private readonly ILogger _logger;
    private readonly TowerQueueErrors _errors;
    private readonly DynamicBatcher<TInput, EmbeddingResult> _batcher;
    private readonly EncoderPool<TInput> _encoders;
    private readonly TowerWarmUp<TInput> _warmUp;
    private readonly Lazy<Task> _closing;
    private readonly TaskCompletionSource<Exception> _faulted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _failures;
    private Box? _sample;

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
                MostPadding = definition.MostPadding,
                Release = definition.Release,
                Load = scheduler.Load,
                AddOthers = others => scheduler.AddOthers(this, others),
                Wake = scheduler.Wake,
            },
            clock);
        _encoders = new EncoderPool<TInput>(
            definition.CreateEncoder,
            _options.Workers,
            scheduler.MostBatches,
            _options.MaxBatchSize,
            exception => _logger.EncoderDisposeFailed(exception, Name));
        _warmUp = new TowerWarmUp<TInput>(Name, _options.Workers, clock, logger, scheduler.Wake);
        _closing = new Lazy<Task>(CloseAsync);
    }

    public override QueueState State => _batcher.State;

    public override int QueueDepth => _batcher.Waiting;

    public override BatchCost Cost => _batcher.Cost;

    public override Task<Exception> Faulted => _faulted.Task;

    public override Task Freed => _encoders.Freed;

    public override double NextBatchSeconds => _batcher.NextBatchSeconds;

    public override double BacklogSeconds => _batcher.BacklogSeconds;

    public override bool IsWarmingUp => _warmUp.IsWaiting;

    public override double Slack => _batcher.Slack;

    public override OtherWork? TryDescribe() => _batcher.TryDescribe();

    /// <inheritdoc cref="DynamicBatcher{TInput, TResult}.Submit"/>
    public WorkItem<TInput, EmbeddingResult> Submit(TInput input, WorkContext context) =>
        _batcher.Submit(input, context);

    /// <inheritdoc cref="DynamicBatcher{TInput, TResult}.Expect"/>
    public WaitingItem Expect(int length, WorkContext context, Readiness ready) =>
        _batcher.Expect(length, context, ready);

    /// <inheritdoc cref="DynamicBatcher{TInput, TResult}.Unexpect"/>
    public void Unexpect(WaitingItem item) => _batcher.Unexpect(item);

    /// <summary>For many items that wait for space: throws the exception of <see cref="Submit"/> for the first one.
    /// </summary>
    public void CheckRoom(TInput first, WorkContext context) => _batcher.CheckRoom(first, context);

    /// <inheritdoc cref="DynamicBatcher{TInput, TResult}.Join"/>
    public void Join(WorkItem<TInput, EmbeddingResult> item, WorkContext other) => _batcher.Join(item, other);

    /// <summary>
    /// Runs batches of copies of <paramref name="sample"/>, so that each encoder has run once and the cost model starts
    /// from measurements. These batches are scheduled like any other.
    /// </summary>
    /// <exception cref="ClipException">Internal: the encoder failed. Unavailable: the queue is stopping.</exception>
    public async Task WarmUpAsync(TInput sample, WarmUpPlan plan, CancellationToken cancellationToken)
    {
        _sample = new Box(sample);
        var length = _batcher.BucketOf(sample);
        var isFirst = true;
        foreach (var size in plan.Sizes)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size, nameof(plan));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(size, _options.MaxBatchSize, nameof(plan));
            if (!isFirst && Cost.Seconds((double)size * length) > plan.LongestPass.TotalSeconds)
                continue;
            _batcher.Learn(size, length, await _warmUp.MeasureAsync(sample, size, plan, isFirst, cancellationToken));
            isFirst = false;
        }

        _batcher.SizeByCost();
    }

    public override long ReadyAt(long now)
    {
        if (InFlight >= _encoders.Ready)
            return MonotonicClock.Never;
        return IsWarmingUp ? now : _batcher.ReadyAt(now);
    }

    public override void RunBatch(Turn turn)
    {
        if (_encoders.TryTake() is not { } pooled)
            return; // closed since the scheduler chose this queue

        pooled.Encoder.CoreIdle = () => _scheduler.BeginEnding(turn);
        var size = Run(pooled, turn, out var failure);
        if (failure is not null)
        {
            Retire(pooled, size, failure);
            return;
        }

        if (size > 0)
            Volatile.Write(ref _failures, 0);
        _encoders.Return(pooled);
    }

    public override ValueTask DisposeAsync() => new(_closing.Value);

    public override void GiveUp()
    {
        if (!End(QueueState.Faulted))
            return;
        _batcher.RejectWaiting(_errors.Stuck());
        _batcher.FailRunning(_errors.Stuck());
        _faulted.TrySetResult(new TimeoutException($"A batch of {Name} is stuck."));
        _observer.QueueFaulted(Name);
    }

    /// <summary>Frees a queue that was not added to the scheduler.</summary>
    public void Discard()
    {
        _batcher.End(QueueState.Closed);
        _encoders.Close();
        _faulted.TrySetCanceled();
    }

    /// <summary>Runs the warm-up if there is one, and otherwise a batch of queued items.</summary>
    /// <returns>The number of items that were run.</returns>
    private int Run(PooledEncoder<TInput> pooled, Turn turn, out Exception? failure)
    {
        failure = null;
        var batch = pooled.Batch;
        try
        {
            if (_warmUp.TryTake() is { } warmUp)
            {
                failure = _warmUp.Run(pooled.Encoder, warmUp);
                return warmUp.Size;
            }

            if (_batcher.TakeBatch(batch, turn.Worker))
                failure = RunBatch(pooled, turn);
        }
        catch (Exception exception)
        {
            // The failure is in this class or the observer: all items must complete, and the thread must continue.
            FailAll(batch, _errors.BatchFailed());
            failure = exception;
        }

        var size = batch.Count;
        _batcher.Complete(batch);
        return size;
    }

    /// <returns>The fault of the encoder.</returns>
    private Exception? RunBatch(PooledEncoder<TInput> pooled, Turn turn)
    {
        var batch = pooled.Batch;
        var started = _clock.Now;
        var failure = TryEncode(pooled, 0, batch.Count, out var embeddings);
        var ended = _clock.Now;
        var duration = _clock.Between(started, ended);
        _observer.BatchFinished(Name, batch.Count, duration, failure is null);
        if (failure is null)
        {
            if (_scheduler.AloneSince(turn, started) is var since && since < ended)
                _batcher.Learn(batch.Count, batch.Length, _clock.Between(since, ended));
            for (var i = 0; i < batch.Count; i++)
                Complete(pooled, i, embeddings.AsMemory(i * pooled.Encoder.Dimensions), batch.Count, started, duration);
            return null;
        }

        if (EncoderFaults.Of(failure) != EncoderFault.Unknown)
        {
            FailAll(batch, _errors.DeviceFailed());
            return failure;
        }

        if (batch.Count > 1 && RunOneByOne(pooled, turn))
            return null;
        FailAll(batch, _errors.BatchFailed());
        return Check(pooled.Encoder) is null ? LogInputFailure(failure, batch.Count) : failure;
    }

    /// <summary>
    /// After a failure that a single item may have caused: runs each item alone, so that only this item fails.
    /// </summary>
    /// <returns>Whether an item succeeded, which shows that the encoder works.</returns>
    private bool RunOneByOne(PooledEncoder<TInput> pooled, Turn turn)
    {
        var batch = pooled.Batch;
        if (!turn.IsEnding)
            _scheduler.Load.Start(turn.Worker, batch.Count * Cost.Seconds(batch.Length));
        var failures = 0;
        var successes = 0;
        for (var i = 0; i < batch.Count && (successes > 0 || failures < MaxItemFailures); i++)
        {
            var item = batch.Items[i];
            var started = _clock.Now;
            if (item.Task.IsCompleted)
                continue;
            if (item.End <= started)
            {
                item.Fail(_errors.DeadlinePassed());
                continue;
            }

            if (TryEncode(pooled, i, 1, out var embedding) is { } failure)
            {
                failures++;
                item.Fail(_errors.BatchFailed());
                if (EncoderFaults.Of(failure) != EncoderFault.Unknown)
                    return false;
            }
            else
            {
                successes++;
                Complete(pooled, i, embedding, 1, started, _clock.Between(started, _clock.Now));
            }
        }

        if (successes > 0)
            _logger.ItemsRunAlone(Name, batch.Count, failures);
        return successes > 0;
    }

    /// <summary>Logs a failure that is due to the inputs, because the encoder works.</summary>
    private Exception? LogInputFailure(Exception failure, int size)
    {
        _logger.BatchFailed(failure, Name, size, Volatile.Read(ref _failures));
        return null;
    }

    private Exception? TryEncode(PooledEncoder<TInput> pooled, int first, int count, out float[] embeddings)
    {
        embeddings = GC.AllocateUninitializedArray<float>(count * pooled.Encoder.Dimensions);
        try
        {
            pooled.Encoder.Encode(
                pooled.Batch.Inputs.Slice(first, count), embeddings, pooled.Norms.Slice(first, count));
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    /// <summary>Checks that an encoder runs an input that ran at the warm-up.</summary>
    /// <returns>Null if it does.</returns>
    private Exception? Check(IEncoder<TInput> encoder)
    {
        if (_sample is not { } sample)
            return new InvalidOperationException("There is no input that the encoder is known to be able to run.");
        try
        {
            encoder.Encode([sample.Value], new float[encoder.Dimensions], new float[1]);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    private void Complete(
        PooledEncoder<TInput> pooled, int index, ReadOnlyMemory<float> embeddings, int size, long started,
        TimeSpan duration)
    {
        var item = pooled.Batch.Items[index];
        var vector = embeddings[..pooled.Encoder.Dimensions];
        var norm = pooled.Norms[index];
        if (!IsFinite(vector.Span, norm))
        {
            item.Fail(_errors.NotFinite());
            return;
        }

        item.Succeed(new EmbeddingResult(vector, norm)
        {
            Queued = _clock.Between(item.Enqueued, started),
            Inference = duration,
            BatchSize = size,
        });
    }

    private static bool IsFinite(ReadOnlySpan<float> values, float norm) =>
        float.IsFinite(norm) && TensorPrimitives.IsFiniteAll(values);

    private static void FailAll(Batch<TInput, EmbeddingResult> batch, ClipException error)
    {
        foreach (var item in batch.Items)
            item.Fail(error);
    }

    /// <summary>Replaces an encoder that failed, or fails the queue.</summary>
    private void Retire(PooledEncoder<TInput> pooled, int size, Exception failure)
    {
        var failures = Interlocked.Increment(ref _failures);
        _logger.BatchFailed(failure, Name, size, failures);
        if (failures >= MaxFailures)
        {
            _encoders.Dispose(pooled);
            Fault(failure);
            return;
        }

        _ = ReplaceAsync(pooled, EncoderFaults.Of(failure));
    }

    private async Task ReplaceAsync(PooledEncoder<TInput> pooled, EncoderFault fault)
    {
        try
        {
            await OnOwnThread(() => _encoders.Retire(pooled));
            if (fault == EncoderFault.Unknown)
                await OnOwnThread(() => _encoders.Make(_ => { }));
            else
                await RestartAsync(fault);
            _logger.EncoderReplaced(Name);
            _scheduler.Wake();
        }
        catch (Exception exception)
        {
            Fault(exception);
        }
    }

    /// <summary>Creates an encoder on a device that has failed and can need time to recover.</summary>
    private async Task RestartAsync(EncoderFault fault)
    {
        Interrupted?.Invoke(true);
        for (var attempt = 1; ; attempt++)
        {
            var delay = RestartDelay * Math.Pow(2, attempt - 1);
            _logger.QueueRestarting(Name, fault, attempt, MaxFailures, delay);
            await Task.Delay(delay, _clock.TimeProvider);
            try
            {
                await OnOwnThread(() => _encoders.Make(encoder => ThrowIfBroken(encoder)));
                Interrupted?.Invoke(false);
                return;
            }
            catch (Exception exception) when (attempt < MaxFailures)
            {
                _logger.RestartFailed(exception, Name);
            }
        }
    }

    private void ThrowIfBroken(IEncoder<TInput> encoder)
    {
        if (_sample is not null && Check(encoder) is { } failure)
            ExceptionDispatchInfo.Throw(failure);
    }

    private static Task OnOwnThread(Action action) => Task.Factory.StartNew(
        action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Fault(Exception cause)
    {
        if (!End(QueueState.Faulted))
            return;
        _batcher.RejectWaiting(_errors.Unavailable(QueueState.Faulted));
        _faulted.TrySetResult(cause);
        _logger.QueueFaulted(cause, Name);
        _observer.QueueFaulted(Name);
    }

    private async Task CloseAsync()
    {
        var limit = _options.ShutdownTimeout;
        var started = _clock.Now;
        var drained = _batcher.Drain();
        _warmUp.End(_errors.Unavailable(State));
        try
        {
            await Task.WhenAny(drained, _faulted.Task).WaitAsync(limit, _clock.TimeProvider);
        }
        catch (TimeoutException)
        {
            var error = _errors.Unavailable(State);
            var left = _batcher.RejectWaiting(error) + _batcher.FailRunning(error);
            _logger.DrainTimedOut(Name, limit, left);
        }

        if (End(QueueState.Closed))
            _faulted.TrySetCanceled();
        await WaitForEncodersAsync(limit - _clock.Between(started, _clock.Now));
    }

    /// <summary>Waits until all encoders are disposed; the replacement of a failed one may still be in creation.
    /// </summary>
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

    /// <summary>Returns false if the queue has already ended.</summary>
    private bool End(QueueState state)
    {
        if (!_batcher.End(state))
            return false;
        _warmUp.End(_errors.Unavailable(State));
        _scheduler.Remove(this);
        _encoders.Close();
        return true;
    }

    /// <summary>An object, so that it can be read without a lock regardless of the size of the input type.</summary>
    private sealed record Box(TInput Value);
}
