using System.Numerics.Tensors;

namespace ClipGrpc.Serving.Batching;

/// <summary>The device's side of a lane: forms a batch, runs it and answers its entries. Warm-ups go first.</summary>
/// <param name="gate">The lane's: one consumer forms batches at a time; guards the warm-ups too.</param>
internal sealed class BatchRunner<TInput>(
    string lane,
    Lock gate,
    BatchFormer<TInput> former,
    BatchCostModel costs,
    LaneErrors errors,
    BatchingOptions options,
    IBatchObserver observer,
    MonotonicClock clock)
{
    private readonly List<Batch<TInput>> _running = [];
    private readonly Queue<WarmUpRun<TInput>> _warmUps = new();

    public bool HasWarmUps => _warmUps.Count > 0;

    /// <summary>Only with the gate held.</summary>
    public void AddWarmUp(WarmUpRun<TInput> warmUp) => _warmUps.Enqueue(warmUp);

    /// <summary>Only with the gate held.</summary>
    public void DropWarmUps(ClipException error)
    {
        while (_warmUps.TryDequeue(out var warmUp))
            warmUp.Done.TrySetException(error);
    }

    /// <summary>Runs the warm-up if there is one, otherwise what waits.</summary>
    /// <returns>The entries that were run; 0 when none was left.</returns>
    public int Run(EncoderSlot<TInput> slot, out Exception? failure)
    {
        var batch = slot.Batch;
        try
        {
            if (TakeWarmUp() is { } warmUp)
            {
                failure = RunWarmUp(slot, warmUp);
                return warmUp.Size;
            }

            failure = FormAndRun(slot);
        }
        catch (Exception exception)
        {
            // Not the encoder but this class or the observer: nothing may be left unanswered, and the thread lives on.
            FailAll(batch, errors.BatchFailed);
            failure = exception;
        }

        var size = batch.Count;
        foreach (var item in batch.Items)
            item.ReleaseInput();
        lock (gate)
        {
            _running.Remove(batch);
            batch.Clear();
        }

        return size;
    }

    /// <summary>For batches that hang; whatever they bring later finds its callers answered.</summary>
    /// <returns>The entries of those batches.</returns>
    public int AnswerRunning(Func<ClipException> error)
    {
        var count = 0;
        lock (gate)
        {
            foreach (var batch in _running)
            {
                FailAll(batch, error);
                count += batch.Count;
            }
        }

        return count;
    }

    private WarmUpRun<TInput>? TakeWarmUp()
    {
        lock (gate)
            return _warmUps.TryDequeue(out var warmUp) ? warmUp : null;
    }

    private Exception? FormAndRun(EncoderSlot<TInput> slot)
    {
        var batch = slot.Batch;
        var formed = clock.Now;
        lock (gate)
        {
            former.Form(batch, formed, costs.Cost, clock);
            if (batch.Count == 0)
                return null;
            _running.Add(batch);
        }

        ObserveStart(batch, formed);
        var embeddings = GC.AllocateUninitializedArray<float>(batch.Count * slot.Encoder.Dimensions);
        Exception? failure = null;
        var started = clock.Now;
        try
        {
            slot.Encoder.Encode(batch.Inputs, embeddings, batch.Norms);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        var duration = clock.Between(started, clock.Now);
        if (failure is null)
            Answer(batch, embeddings, started, duration);
        else
            FailAll(batch, errors.BatchFailed);
        observer.BatchFinished(lane, batch.Count, duration, failure is null);
        return failure;
    }

    private Exception? RunWarmUp(EncoderSlot<TInput> slot, WarmUpRun<TInput> warmUp)
    {
        var inputs = new TInput[warmUp.Size];
        Array.Fill(inputs, warmUp.Sample);
        var embeddings = new float[warmUp.Size * slot.Encoder.Dimensions];
        var norms = new float[warmUp.Size];
        var started = clock.Now;
        try
        {
            slot.Encoder.WarmUp(inputs, embeddings, norms);
        }
        catch (Exception exception)
        {
            warmUp.Done.TrySetException(errors.BatchFailed());
            return exception;
        }

        var duration = clock.Between(started, clock.Now);
        if (!TensorPrimitives.IsFiniteAll(embeddings) || !TensorPrimitives.IsFiniteAll(norms))
        {
            warmUp.Done.TrySetException(errors.WarmUpNotFinite());
            return null;
        }

        if (warmUp.Measured)
            costs.Observe((long)warmUp.Size * warmUp.Length, duration);
        warmUp.Done.TrySetResult(duration);
        return null;
    }

    private void ObserveStart(Batch<TInput> batch, long now)
    {
        if (batch.Reason == BatchReason.WorkConserving && options.MaxQueueDelay > TimeSpan.Zero)
            batch.Reason = BatchReason.Delay;
        observer.BatchStarted(lane, batch.Count, batch.Limit, batch.Reason);
        foreach (var item in batch.Items)
            observer.EntryStarted(lane, clock.Between(item.Enqueued, now));
        observer.QueueDepthChanged(lane, former.Waiting);
    }

    private void Answer(Batch<TInput> batch, float[] embeddings, long started, TimeSpan duration)
    {
        costs.Observe(batch.Units, duration);
        var dimensions = embeddings.Length / batch.Count;
        for (var i = 0; i < batch.Count; i++)
        {
            var item = batch.Items[i];
            var vector = embeddings.AsMemory(i * dimensions, dimensions);
            if (!IsFinite(vector.Span, batch.Norms[i]))
            {
                item.Fail(errors.NotFinite());
                continue;
            }

            item.Succeed(new EmbeddingResult(vector, batch.Norms[i])
            {
                Queued = clock.Between(item.Enqueued, started),
                Inference = duration,
                BatchSize = batch.Count,
            });
        }
    }

    private static bool IsFinite(ReadOnlySpan<float> values, float norm) =>
        float.IsFinite(norm) && TensorPrimitives.IsFiniteAll(values);

    private static void FailAll(Batch<TInput> batch, Func<ClipException> error)
    {
        foreach (var item in batch.Items)
            item.Fail(error());
    }
}
