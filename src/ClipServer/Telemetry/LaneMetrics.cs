using ClipGrpc.Serving.Batching;
using Prometheus;

namespace ClipGrpc.Server.Telemetry;

/// <summary>The metrics of one lane with its label filled in, so that the hot path looks nothing up by text.</summary>
internal sealed class LaneMetrics(ClipMetrics metrics, string lane)
{
    private readonly Histogram.Child _queueSeconds = metrics.QueueSeconds.WithLabels(lane);
    private readonly Histogram.Child _inferenceSeconds = metrics.InferenceSeconds.WithLabels(lane);
    private readonly Histogram.Child _batchSize = metrics.BatchSize.WithLabels(lane);
    private readonly Histogram.Child _batchFill = metrics.BatchFill.WithLabels(lane);
    private readonly Gauge.Child _queueDepth = metrics.QueueDepth.WithLabels(lane);
    private readonly Gauge.Child _inFlightBatches = metrics.InFlightBatches.WithLabels(lane);
    private readonly Counter.Child _failedBatches = metrics.FailedBatches.WithLabels(lane);
    private readonly Counter.Child _laneFaults = metrics.LaneFaults.WithLabels(lane);

    public void BatchStarted(int size, int capacity, BatchReason reason)
    {
        _inFlightBatches.Inc();
        _batchSize.Observe(size);
        _batchFill.Observe((double)size / capacity);
        metrics.Batches.WithLabels(lane, ClipMetrics.Name(reason)).Inc();
    }

    public void BatchFinished(TimeSpan duration, bool succeeded)
    {
        _inFlightBatches.Dec();
        if (succeeded)
            _inferenceSeconds.Observe(duration.TotalSeconds);
        else
            _failedBatches.Inc();
    }

    public void EntryStarted(TimeSpan queued) => _queueSeconds.Observe(queued.TotalSeconds);

    public void EntryRejected(RejectionReason reason) =>
        metrics.Rejections.WithLabels(lane, ClipMetrics.Name(reason)).Inc();

    public void EntryDropped(DropReason reason) => metrics.Dropped.WithLabels(lane, ClipMetrics.Name(reason)).Inc();

    public void SetQueueDepth(int depth) => _queueDepth.Set(depth);

    public void Faulted() => _laneFaults.Inc();

    /// <summary>Takes what describes the present out of the report. Totals stay, as totals must.</summary>
    public void Remove()
    {
        metrics.QueueDepth.RemoveLabelled(lane);
        metrics.InFlightBatches.RemoveLabelled(lane);
    }
}
