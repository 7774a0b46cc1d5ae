using System.Collections.Concurrent;
using ClipGrpc.Serving;
using Prometheus;

namespace ClipGrpc.Server.Telemetry;

/// <summary>Every metric of the server: all definitions are in this file. Times are in seconds, sizes in items or
/// bytes. Thread-safe.</summary>
internal sealed class ClipMetrics : ICacheObserver
{
    /// <summary>100 µs to 26 s in steps of 2: a cached text on a GPU host at one end, a full batch of a large model on
    /// two cores behind a queue at the other.</summary>
    private static readonly double[] DurationBuckets = Histogram.ExponentialBuckets(0.0001, 2, 19);

    /// <summary>10 µs to 0.65 s in steps of 2: tokens take microseconds, large images many milliseconds.</summary>
    private static readonly double[] PreparationBuckets = Histogram.ExponentialBuckets(0.00001, 2, 17);

    private static readonly double[] BatchSizeBuckets = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024];
    private static readonly double[] RatioBuckets = Histogram.LinearBuckets(0.1, 0.1, 10);

    private readonly ConcurrentDictionary<string, QueueMetrics> _queues = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RpcMetrics> _rpcs = new(StringComparer.Ordinal);
    private readonly LabelledCounter<(string Model, ItemKind Kind)> _items;
    private readonly LabelledCounter<ItemKind> _receivedBytes;
    private readonly LabelledCounter<string> _callerCalls;
    private readonly LabelledCounter<string> _callerItems;
    private readonly IMetricFactory _factory;

    public ClipMetrics(CollectorRegistry registry)
    {
        _factory = Metrics.WithCustomRegistry(registry);

        RequestSeconds = CreateHistogram("clip_request_duration_seconds",
            "Duration of a call or stream at the server, from its headers to its status.",
            DurationBuckets, "rpc", "status");
        Requests = CreateCounter("clip_requests_total", "Completed calls.", "rpc", "status");
        ActiveRequests = CreateGauge("clip_active_requests", "Open calls and streams.", "rpc");

        _items = new LabelledCounter<(string Model, ItemKind Kind)>(
            CreateCounter("clip_items_total", "Images and texts that were processed.", "model", "kind"),
            key => [key.Model, Name(key.Kind)]);
        ItemErrors = CreateCounter("clip_item_errors_total",
            "Images and texts that failed.", "reason");
        _receivedBytes = new LabelledCounter<ItemKind>(
            CreateCounter("clip_received_bytes_total", "Bytes of images and texts in requests.", "kind"),
            kind => [Name(kind)]);
        DroppedFrames = CreateCounter(
            "clip_dropped_frames_total", "Dropped frames: for a newer one, above max_fps, or after max_age_us.");
        SkippedFrames = CreateCounter(
            "clip_skipped_frames_total", "Skipped frames, which hardly differ from the last one that was run.");

        PreprocessSeconds = CreateHistogram("clip_preprocess_seconds",
            "Time to decode, resize and crop an image, including the wait for a worker.", PreparationBuckets);
        TokenizeSeconds = CreateHistogram("clip_tokenize_seconds",
            "Time to clean and tokenize a text.", PreparationBuckets);
        CacheHits = CreateCounter("clip_cache_hits_total", "Lookups found in a cache.", "cache");
        CacheMisses = CreateCounter("clip_cache_misses_total",
            "Lookups not found in a cache.", "cache");

        QueueSeconds = CreateHistogram("clip_queue_seconds",
            "Time of an item in its queue, from admission to the start of its batch.",
            DurationBuckets, "model", "tower");
        QueueDepth = CreateGauge("clip_queue_depth", "Items in the queue.", "model", "tower");
        Rejections = CreateCounter("clip_rejections_total",
            "Items rejected before they were queued.", "model", "tower", "reason");
        Dropped = CreateCounter("clip_dropped_total",
            "Items removed from their queue without being run.", "model", "tower", "reason");

        InferenceSeconds = CreateHistogram(
            "clip_inference_seconds", "Time of the forward pass of a batch.", DurationBuckets, "model", "tower");
        BatchSize = CreateHistogram("clip_batch_size", "Items per batch.", BatchSizeBuckets, "model", "tower");
        BatchFill = CreateHistogram("clip_batch_fill_ratio",
            "Items per batch, as a fraction of the maximum batch size.", RatioBuckets, "model", "tower");
        Batches = CreateCounter("clip_batches_total", "Batches by reason of their start.", "model", "tower", "reason");
        FailedBatches = CreateCounter(
            "clip_failed_batches_total", "Batches that failed in the runtime.", "model", "tower");
        InFlightBatches = CreateGauge("clip_in_flight_batches", "Batches running on the device.", "model", "tower");
        QueueFaults = CreateCounter("clip_queue_faults_total", "Failures that stopped a queue.", "model", "tower");
        StuckBatches = CreateCounter("clip_stuck_batches_total", "Batches that were stuck.", "model", "tower");

        MemoryBudget = CreateGauge("clip_memory_budget_bytes",
            "Memory budget of requests, by share.", "share");
        MemoryUsed = CreateGauge("clip_memory_used_bytes", "Memory reserved for requests, by share.", "share");
        MemoryWaiting = CreateGauge("clip_memory_waiting", "Reservations waiting for memory, by share.", "share");

        AccessRefusals = CreateCounter("clip_access_refusals_total", "Requests rejected by access control.", "reason");
        _callerCalls = new LabelledCounter<string>(
            CreateCounter("clip_caller_requests_total", "Requests accepted by access control.", "caller"),
            caller => [caller]);
        _callerItems = new LabelledCounter<string>(
            CreateCounter("clip_caller_items_total", "Images and texts in requests.", "caller"), caller => [caller]);
        CertificateExpiry = CreateGauge(
            "clip_certificate_expiry_timestamp_seconds", "Unix time at which the TLS certificate expires.");
        OpenListeners = CreateGauge(
            "clip_open_listeners",
            "Listeners that are reachable from other machines without encryption or without credentials.");

        LoadedModels = CreateGauge("clip_loaded_models",
            "1 for each model that is ready.", "model", "provider", "device", "precision");
    }

    public Histogram RequestSeconds { get; }

    public Counter Requests { get; }

    public Gauge ActiveRequests { get; }

    public Counter ItemErrors { get; }

    public Counter DroppedFrames { get; }

    public Counter SkippedFrames { get; }

    public Histogram PreprocessSeconds { get; }

    public Histogram TokenizeSeconds { get; }

    public Counter CacheHits { get; }

    public Counter CacheMisses { get; }

    public Histogram QueueSeconds { get; }

    public Gauge QueueDepth { get; }

    public Counter Rejections { get; }

    public Counter Dropped { get; }

    public Histogram InferenceSeconds { get; }

    public Histogram BatchSize { get; }

    public Histogram BatchFill { get; }

    public Counter Batches { get; }

    public Counter FailedBatches { get; }

    public Gauge InFlightBatches { get; }

    public Counter QueueFaults { get; }

    public Counter StuckBatches { get; }

    public Gauge MemoryBudget { get; }

    public Gauge MemoryUsed { get; }

    public Gauge MemoryWaiting { get; }

    public Counter AccessRefusals { get; }

    public Gauge CertificateExpiry { get; }

    public Gauge OpenListeners { get; }

    public Gauge LoadedModels { get; }

    /// <summary>The metrics of one queue, looked up once.</summary>
    /// <param name="queue">Such as <c>demo/image</c>.</param>
    public QueueMetrics GetQueue(string queue) =>
        _queues.TryGetValue(queue, out var found)
            ? found : _queues.GetOrAdd(queue, name => new QueueMetrics(this, name));

    /// <summary>A queue of this name opens, perhaps again.</summary>
    public void OpenQueue(string queue) => _queues[queue] = new QueueMetrics(this, queue);

    /// <summary>
    /// A queue is gone: its gauges are no longer reported, whatever a batch that outlives it reports.
    /// </summary>
    public void CloseQueue(string queue) => GetQueue(queue).Close();

    /// <summary>The metrics of one method, looked up once.</summary>
    /// <param name="method">Its full name, such as <c>/clipgrpc.v1.ClipService/Embed</c>.</param>
    public RpcMetrics GetRpc(string method) =>
        _rpcs.TryGetValue(method, out var found) ? found : _rpcs.GetOrAdd(method, name => new RpcMetrics(this, name));

    /// <summary>Access control refused a request.</summary>
    public void AccessRefused(ClipErrorCode reason) => AccessRefusals.WithLabels(reason switch
    {
        ClipErrorCode.Unauthenticated => "unauthenticated",
        ClipErrorCode.PermissionDenied => "permission_denied",
        _ => "limit",
    }).Inc();

    /// <summary>Access control let a request pass.</summary>
    /// <param name="caller">One of few: see <c>Caller.MetricLabel</c>.</param>
    public void CallerCalled(string caller) => _callerCalls.Add(caller);

    /// <summary>A caller's request has this many images and texts.</summary>
    public void CallerSent(string caller, int items) => _callerItems.Add(caller, items);

    /// <summary>An image or text came in.</summary>
    public void ItemReceived(ItemKind kind, int bytes) => _receivedBytes.Add(kind, bytes);

    /// <summary>An image or text was answered with an embedding or classes.</summary>
    public void ItemCompleted(string model, ItemKind kind) => _items.Add((model, kind));

    /// <summary>An image or text was answered with an error.</summary>
    public void ItemFailed(ClipErrorCode reason) => ItemErrors.WithLabels(Name(reason)).Inc();

    /// <summary>An image or text was made ready for the model.</summary>
    public void ItemPrepared(ItemKind kind, TimeSpan duration) =>
        (kind == ItemKind.Image ? PreprocessSeconds : TokenizeSeconds).Observe(duration.TotalSeconds);

    public void FrameDropped() => DroppedFrames.Inc();

    public void FrameSkipped() => SkippedFrames.Inc();

    /// <summary>A cache was asked.</summary>
    /// <param name="cache">Which: <c>text</c> or <c>label_set</c>.</param>
    /// <param name="hit">Whether it had the result.</param>
    public void CacheAsked(string cache, bool hit) => (hit ? CacheHits : CacheMisses).WithLabels(cache).Inc();

    public void ModelLoaded(string model, string provider, string device, string precision) =>
        LoadedModels.WithLabels(model, provider, device, precision).Set(1);

    public void ModelUnloaded(string model, string provider, string device, string precision) =>
        LoadedModels.RemoveLabelled(model, provider, device, precision);

    /// <summary>A label's value in the usual spelling: WorkConserving is work_conserving.</summary>
    internal static string Name<TEnum>(TEnum value) where TEnum : struct, Enum => MetricLabel<TEnum>.Of(value);

    private Counter CreateCounter(string name, string help, params string[] labels) =>
        _factory.CreateCounter(name, help, labels);

    private Gauge CreateGauge(string name, string help, params string[] labels) =>
        _factory.CreateGauge(name, help, labels);

    private Histogram CreateHistogram(string name, string help, double[] buckets, params string[] labels) =>
        _factory.CreateHistogram(name, help, labels, new HistogramConfiguration { Buckets = buckets });
}
