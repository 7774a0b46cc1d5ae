namespace ClipGrpc.Serving.Batching;

/// <summary>The image or text queue of a model as the scheduler sees it, whatever its inputs are.</summary>
internal abstract class TowerQueue(string name) : IAsyncDisposable
{
    public string Name { get; } = name;

    public abstract QueueState State { get; }

    /// <summary>Items that wait.</summary>
    public abstract int QueueDepth { get; }

    /// <summary>The time of a batch as measured so far.</summary>
    public abstract BatchCost Cost { get; }

    /// <summary>
    /// Completes with the cause when the queue fails for good, for the health of the model; is cancelled when the queue
    /// is closed without.
    /// </summary>
    public abstract Task<Exception> Faulted { get; }

    /// <summary>
    /// Completes when the queue has ended and its last encoder is disposed, so that the weights they read can be freed.
    /// </summary>
    public abstract Task Freed { get; }

    /// <summary>Called with true when its device has failed and is restarted, with false when it works again.</summary>
    public Action<bool>? Interrupted { get; set; }

    /// <summary>It is measured and serves nobody yet.</summary>
    public abstract bool IsWarmingUp { get; }

    /// <summary>Device seconds given to this queue, moved on to the present after idling. The scheduler's.</summary>
    public double VirtualTime { get; set; }

    /// <summary>The number of the turn in which it was served last. The scheduler's.</summary>
    public long LastTurn { get; set; }

    /// <summary>Workers that run it now. The scheduler's.</summary>
    public int InFlight { get; set; }

    /// <summary>When a batch may start; <see cref="MonotonicClock.Never"/> when there is none to run.</summary>
    public abstract long ReadyAt(long now);

    /// <summary>Expected device seconds of the next batch.</summary>
    public abstract double NextBatchSeconds { get; }

    /// <summary>Expected device seconds until the queue is empty.</summary>
    public abstract double BacklogSeconds { get; }

    /// <summary>
    /// Seconds for which the queue can wait until a deadline that was promised could not be met any more; infinite
    /// where none was.
    /// </summary>
    public abstract double Slack { get; }

    /// <inheritdoc cref="DynamicBatcher{TInput, TResult}.TryDescribe"/>
    public abstract OtherWork? TryDescribe();

    /// <summary>Takes a batch, runs it and answers its items. Called by workers; throws nothing.</summary>
    /// <param name="worker">The number of the worker.</param>
    public abstract void RunBatch(int worker);

    /// <summary>Fails for good because a worker does not come back: everybody who waits is told.</summary>
    public abstract void GiveUp();

    /// <summary>
    /// Takes nothing new, answers what was accepted within <see cref="BatchingOptions.ShutdownTimeout"/> and the rest
    /// as unavailable, then frees the encoders and leaves the scheduler. An encoder that is busy even then frees itself
    /// later: see <see cref="Freed"/>.
    /// </summary>
    public abstract ValueTask DisposeAsync();
}
