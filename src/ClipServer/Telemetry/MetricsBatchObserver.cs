using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Server.Telemetry;

/// <summary>Counts what happens in the lanes.</summary>
internal sealed class MetricsBatchObserver(ClipMetrics metrics) : IBatchObserver
{
    public void BatchStarted(string lane, int size, int capacity, BatchReason reason) =>
        metrics.GetLane(lane).BatchStarted(size, capacity, reason);

    public void BatchFinished(string lane, int size, TimeSpan duration, bool succeeded) =>
        metrics.GetLane(lane).BatchFinished(duration, succeeded);

    public void EntryStarted(string lane, TimeSpan queued) => metrics.GetLane(lane).EntryStarted(queued);

    public void EntryRejected(string lane, RejectionReason reason) => metrics.GetLane(lane).EntryRejected(reason);

    public void EntryDropped(string lane, DropReason reason) => metrics.GetLane(lane).EntryDropped(reason);

    public void QueueDepthChanged(string lane, int depth) => metrics.GetLane(lane).SetQueueDepth(depth);

    public void LaneFaulted(string lane) => metrics.GetLane(lane).Faulted();

    public void LaneClosed(string lane) => metrics.ForgetLane(lane);
}
