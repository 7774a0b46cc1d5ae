namespace ClipGrpc.Serving.Batching;

/// <summary>
/// What happens in the queues, for metrics. Called from the callers' and the device's threads at once, on the hot path:
/// quick, thread-safe, no exceptions.
/// </summary>
internal interface IBatchObserver
{
    void BatchStarted(string queue, int size, int capacity, BatchReason reason);

    void BatchFinished(string queue, int size, TimeSpan duration, bool succeeded);

    /// <summary>An item was put into a batch that starts now.</summary>
    void ItemStarted(string queue, TimeSpan queued);

    void ItemRejected(string queue, RejectionReason reason);

    void ItemDropped(string queue, DropReason reason);

    /// <summary>Items that wait in the queue, after they became more or fewer.</summary>
    void QueueDepthChanged(string queue, int depth);

    void QueueFaulted(string queue);

    /// <summary>A batch does not end.</summary>
    void BatchStuck(string queue);

    /// <summary>The queue takes items from now on; one of the same name has ended before.</summary>
    void QueueOpened(string queue);

    /// <summary>The queue has ended and nothing more is reported of it.</summary>
    void QueueClosed(string queue);
}
