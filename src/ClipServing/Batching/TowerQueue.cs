namespace ClipGrpc.Serving.Batching;

/// <summary>The image or text queue of a model for the scheduler, independent of the type of its inputs.</summary>
internal abstract class TowerQueue(string name) : IAsyncDisposable
{
    public string Name { get; } = name;

    public abstract QueueState State { get; }

    /// <summary>The number of queued items.</summary>
    public abstract int QueueDepth { get; }

    /// <summary>The measured cost of a batch.</summary>
    public abstract BatchCost Cost { get; }

    /// <summary>
    /// Completes with the cause when the queue fails permanently, for the health of the model. Canceled when the queue
    /// is closed without a failure.
    /// </summary>
    public abstract Task<Exception> Faulted { get; }

    /// <summary>
    /// Completes when the queue has ended and its last encoder is disposed, so that the weights can be freed.
    /// </summary>
    public abstract Task Freed { get; }

    /// <summary>Called with true when its device has failed and is being restarted, with false when it works again.
    /// </summary>
    public Action<bool>? Interrupted { get; set; }

    /// <summary>Whether it is being warmed up and does not accept items yet.</summary>
    public abstract bool IsWarmingUp { get; }

    /// <summary>Device seconds of this queue, advanced to the current time after it was idle. Set by the scheduler.
    /// </summary>
    public double VirtualTime { get; set; }

    /// <summary>The number of its last turn. Set by the scheduler.</summary>
    public long LastTurn { get; set; }

    /// <summary>The number of workers that run a batch of it. Set by the scheduler.</summary>
    public int InFlight { get; set; }

    /// <summary>When the next batch can start; <see cref="MonotonicClock.Never"/> if there is none.</summary>
    public abstract long ReadyAt(long now);

    /// <summary>Expected device seconds of the next batch.</summary>
    public abstract double NextBatchSeconds { get; }

    /// <summary>Expected device seconds until the queue is empty.</summary>
    public abstract double BacklogSeconds { get; }

    /// <summary>
    /// Seconds for which the queue can wait without making an admitted item late; infinite if no admitted item has a
    /// deadline.
    /// </summary>
    public abstract double Slack { get; }

    /// <inheritdoc cref="DynamicBatcher{TInput, TResult}.TryDescribe"/>
    public abstract OtherWork? TryDescribe();

    /// <summary>Takes a batch, runs it and completes its items. Called by workers; does not throw.</summary>
    public abstract void RunBatch(Turn turn);

    /// <summary>Fails permanently because a worker is stuck. All queued items fail.</summary>
    public abstract void GiveUp();

    /// <summary>
    /// Stops accepting items, completes accepted ones within <see cref="BatchingOptions.ShutdownTimeout"/>, fails the
    /// remaining ones as unavailable, then disposes the encoders and leaves the scheduler. An encoder that is still
    /// running a batch is disposed later, see <see cref="Freed"/>.
    /// </summary>
    public abstract ValueTask DisposeAsync();
}
