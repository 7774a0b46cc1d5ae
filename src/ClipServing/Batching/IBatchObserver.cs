namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Observes the queues, for metrics. Called concurrently from callers' and the device's threads, on the hot path:
/// implementations must be fast and thread-safe, and must not throw.
/// </summary>
internal interface IBatchObserver
{
    void BatchStarted(string queue, int size, int capacity, BatchReason reason);

    void BatchFinished(string queue, int size, TimeSpan duration, bool succeeded);

    /// <summary>An item is part of a batch that starts now.</summary>
    void ItemStarted(string queue, TimeSpan queued);

    void ItemRejected(string queue, RejectionReason reason);

    void ItemDropped(string queue, DropReason reason);

    /// <summary>The number of queued items has changed.</summary>
    void QueueDepthChanged(string queue, int depth);

    void QueueFaulted(string queue);

    /// <summary>A batch is stuck.</summary>
    void BatchStuck(string queue);

    /// <summary>The queue accepts items from now on. A previous queue of the same name can have ended.</summary>
    void QueueOpened(string queue);

    /// <summary>The queue has ended; no further events follow.</summary>
    void QueueClosed(string queue);
}
