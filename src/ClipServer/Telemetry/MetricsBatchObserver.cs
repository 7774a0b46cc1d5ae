using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Server.Telemetry;

/// <summary>Counts what happens in the queues.</summary>
internal sealed class MetricsBatchObserver(ClipMetrics metrics) : IBatchObserver
{
    public void BatchStarted(string queue, int size, int capacity, BatchReason reason) =>
        metrics.GetQueue(queue).BatchStarted(size, capacity, reason);

    public void BatchFinished(string queue, int size, TimeSpan duration, bool succeeded) =>
        metrics.GetQueue(queue).BatchFinished(duration, succeeded);

    public void ItemStarted(string queue, TimeSpan queued) => metrics.GetQueue(queue).ItemStarted(queued);

    public void ItemRejected(string queue, RejectionReason reason) => metrics.GetQueue(queue).ItemRejected(reason);

    public void ItemDropped(string queue, DropReason reason) => metrics.GetQueue(queue).ItemDropped(reason);

    public void QueueDepthChanged(string queue, int depth) => metrics.GetQueue(queue).SetQueueDepth(depth);

    public void QueueFaulted(string queue) => metrics.GetQueue(queue).Faulted();

    public void BatchStuck(string queue) => metrics.GetQueue(queue).Stuck();

    public void QueueOpened(string queue) => metrics.OpenQueue(queue);

    public void QueueClosed(string queue) => metrics.CloseQueue(queue);
}
