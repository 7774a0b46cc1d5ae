using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Server.Telemetry;

/// <summary>Counts what happens in the queues.</summary>
internal sealed class MetricsBatchObserver(ClipMetrics metrics) : IBatchObserver
{
    public void BatchStarted(string lane, int size, int capacity, BatchReason reason) =>
        metrics.GetQueue(lane).BatchStarted(size, capacity, reason);

    public void BatchFinished(string lane, int size, TimeSpan duration, bool succeeded) =>
        metrics.GetQueue(lane).BatchFinished(duration, succeeded);

    public void EntryStarted(string lane, TimeSpan queued) => metrics.GetQueue(lane).EntryStarted(queued);

    public void EntryRejected(string lane, RejectionReason reason) => metrics.GetQueue(lane).EntryRejected(reason);

    public void EntryDropped(string lane, DropReason reason) => metrics.GetQueue(lane).EntryDropped(reason);

    public void QueueDepthChanged(string lane, int depth) => metrics.GetQueue(lane).SetQueueDepth(depth);

    public void LaneFaulted(string lane) => metrics.GetQueue(lane).Faulted();

    public void LaneOpened(string lane) => metrics.OpenQueue(lane);

    public void LaneClosed(string lane) => metrics.CloseQueue(lane);
}
