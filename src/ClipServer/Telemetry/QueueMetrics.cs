using ClipGrpc.Serving.Batching;
using Prometheus;

namespace ClipGrpc.Server.Telemetry;

/// <summary>
/// The metrics of one queue with its labels filled in, so that the hot path looks nothing up by text.
/// </summary>
internal sealed class QueueMetrics(ClipMetrics metrics, string model, string tower)
{
    private readonly Histogram.Child _queueSeconds = metrics.QueueSeconds.WithLabels(model, tower);
    private readonly Histogram.Child _inferenceSeconds = metrics.InferenceSeconds.WithLabels(model, tower);
    private readonly Histogram.Child _batchSize = metrics.BatchSize.WithLabels(model, tower);
    private readonly Histogram.Child _batchFill = metrics.BatchFill.WithLabels(model, tower);
    private readonly Counter.Child _failedBatches = metrics.FailedBatches.WithLabels(model, tower);
    private readonly Counter.Child _faults = metrics.QueueFaults.WithLabels(model, tower);
    private readonly Counter.Child _stuck = metrics.StuckBatches.WithLabels(model, tower);

    // Null once the queue is closed: a batch that outlives it must not bring its gauges back.
    private Gauge.Child? _queueDepth = metrics.QueueDepth.WithLabels(model, tower);
    private Gauge.Child? _inFlightBatches = metrics.InFlightBatches.WithLabels(model, tower);

    /// <param name="queue">
    /// Model and tower, such as <c>demo/image</c>; the model's name may contain slashes too.
    /// </param>
    public QueueMetrics(ClipMetrics metrics, string queue)
        : this(metrics, queue[..Math.Max(0, queue.LastIndexOf('/'))], queue[(queue.LastIndexOf('/') + 1)..])
    {
    }

    public void BatchStarted(int size, int capacity, BatchReason reason)
    {
        _inFlightBatches?.Inc();
        _batchSize.Observe(size);
        _batchFill.Observe((double)size / capacity);
        metrics.Batches.WithLabels(model, tower, ClipMetrics.Name(reason)).Inc();
    }

    public void BatchFinished(TimeSpan duration, bool succeeded)
    {
        _inFlightBatches?.Dec();
        if (succeeded)
            _inferenceSeconds.Observe(duration.TotalSeconds);
        else
            _failedBatches.Inc();
    }

    public void ItemStarted(TimeSpan queued) => _queueSeconds.Observe(queued.TotalSeconds);

    public void ItemRejected(RejectionReason reason) =>
        metrics.Rejections.WithLabels(model, tower, ClipMetrics.Name(reason)).Inc();

    public void ItemDropped(DropReason reason) =>
        metrics.Dropped.WithLabels(model, tower, ClipMetrics.Name(reason)).Inc();

    public void SetQueueDepth(int depth) => _queueDepth?.Set(depth);

    public void Faulted() => _faults.Inc();

    public void Stuck() => _stuck.Inc();

    /// <summary>Takes what describes the present out of the report. Totals stay, as totals must.</summary>
    public void Close()
    {
        _queueDepth = null;
        _inFlightBatches = null;
        metrics.QueueDepth.RemoveLabelled(model, tower);
        metrics.InFlightBatches.RemoveLabelled(model, tower);
    }
}
