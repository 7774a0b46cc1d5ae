using System.Text;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using Prometheus;

namespace ClipGrpc.Tests.Telemetry;

public sealed class ClipMetricsTests
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();

    [Fact(Timeout = 30_000)]
    public async Task BatchObserver_Events_AreReported()
    {
        var metrics = new ClipMetrics(_registry);
        var observer = new MetricsBatchObserver(metrics);

        observer.BatchStarted("demo/image", 8, 32, BatchReason.WorkConserving);
        observer.BatchFinished("demo/image", 8, TimeSpan.FromMilliseconds(40), succeeded: true);
        observer.BatchStarted("demo/image", 32, 32, BatchReason.Full);
        observer.BatchFinished("demo/image", 32, TimeSpan.FromMilliseconds(1), succeeded: false);
        observer.BatchStarted("demo/image", 1, 32, BatchReason.Delay);
        observer.ItemStarted("demo/image", TimeSpan.FromMilliseconds(3));
        observer.ItemRejected("demo/image", RejectionReason.QueueFull);
        observer.ItemDropped("demo/image", DropReason.Expired);
        observer.QueueDepthChanged("demo/image", 5);
        observer.QueueFaulted("demo/image");

        var text = await ExportAsync(TestContext.Current.CancellationToken);
        Assert.Contains("clip_batch_size_bucket{model=\"demo\",tower=\"image\",le=\"8\"} 2\n", text);
        Assert.Contains("clip_batch_size_sum{model=\"demo\",tower=\"image\"} 41\n", text);
        Assert.Contains("clip_batch_fill_ratio_bucket{model=\"demo\",tower=\"image\",le=\"0.3\"} 2\n", text);
        Assert.Contains("clip_inference_seconds_count{model=\"demo\",tower=\"image\"} 1\n", text);
        Assert.Contains("clip_inference_seconds_sum{model=\"demo\",tower=\"image\"} 0.04\n", text);
        Assert.Contains("clip_failed_batches_total{model=\"demo\",tower=\"image\"} 1\n", text);
        Assert.Contains("clip_in_flight_batches{model=\"demo\",tower=\"image\"} 1\n", text);
        Assert.Contains("clip_batches_total{model=\"demo\",tower=\"image\",reason=\"work_conserving\"} 1\n", text);
        Assert.Contains("clip_queue_seconds_sum{model=\"demo\",tower=\"image\"} 0.003\n", text);
        Assert.Contains("clip_rejections_total{model=\"demo\",tower=\"image\",reason=\"queue_full\"} 1\n", text);
        Assert.Contains("clip_dropped_total{model=\"demo\",tower=\"image\",reason=\"expired\"} 1\n", text);
        Assert.Contains("clip_queue_depth{model=\"demo\",tower=\"image\"} 5\n", text);
        Assert.Contains("clip_queue_faults_total{model=\"demo\",tower=\"image\"} 1\n", text);
    }

    [Fact(Timeout = 30_000)]
    public async Task Items_AndCaches_AreReported()
    {
        var metrics = new ClipMetrics(_registry);

        metrics.ItemReceived(ItemKind.Image, 30_000);
        metrics.ItemPrepared(ItemKind.Image, TimeSpan.FromMilliseconds(2));
        metrics.ItemPrepared(ItemKind.Text, TimeSpan.FromMicroseconds(20));
        metrics.ItemCompleted("demo", ItemKind.Image);
        metrics.ItemFailed(ClipErrorCode.InvalidInput);
        metrics.CacheAsked("text", hit: true);
        metrics.CacheAsked("text", hit: false);
        metrics.FrameDropped();

        var text = await ExportAsync(TestContext.Current.CancellationToken);
        Assert.Contains("clip_received_bytes_total{kind=\"image\"} 30000\n", text);
        Assert.Contains("clip_preprocess_seconds_sum 0.002\n", text);
        Assert.Contains("clip_tokenize_seconds_count 1\n", text);
        Assert.Contains("clip_items_total{model=\"demo\",kind=\"image\"} 1\n", text);
        Assert.Contains("clip_item_errors_total{reason=\"invalid_input\"} 1\n", text);
        Assert.Contains("clip_cache_hits_total{cache=\"text\"} 1\n", text);
        Assert.Contains("clip_cache_misses_total{cache=\"text\"} 1\n", text);
        Assert.Contains("clip_dropped_frames_total 1\n", text);
    }

    [Fact(Timeout = 30_000)]
    public async Task UnloadedModel_Gauges_AreGone()
    {
        var metrics = new ClipMetrics(_registry);
        metrics.ModelLoaded("demo", "CPU", "cpu", "fp32");
        metrics.ModelLoaded("b32", "CPU", "cpu", "fp32");
        metrics.GetQueue("b32/text").SetQueueDepth(1);

        metrics.ModelUnloaded("b32", "CPU", "cpu", "fp32");
        metrics.CloseQueue("b32/text");

        var text = await ExportAsync(TestContext.Current.CancellationToken);
        Assert.Contains(
            "clip_loaded_models{model=\"demo\",provider=\"CPU\",device=\"cpu\",precision=\"fp32\"} 1\n", text);
        Assert.DoesNotContain("clip_loaded_models{model=\"b32\"", text);
        Assert.DoesNotContain("clip_queue_depth{model=\"b32\",tower=\"text\"}", text);
    }

    [Fact(Timeout = 30_000)]
    public async Task ClosedQueue_BatchOutlivesIt_ItsGaugesStayAwayUntilItOpensAgain()
    {
        var metrics = new ClipMetrics(_registry);
        var observer = new MetricsBatchObserver(metrics);
        observer.QueueOpened("b32/text");
        observer.BatchStarted("b32/text", 1, 32, BatchReason.WorkConserving);
        observer.QueueClosed("b32/text");

        observer.BatchFinished("b32/text", 1, TimeSpan.FromMilliseconds(1), succeeded: true);
        observer.QueueDepthChanged("b32/text", 0);

        var closed = await ExportAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("clip_in_flight_batches{", closed);
        Assert.DoesNotContain("clip_queue_depth{", closed);
        Assert.Contains("clip_inference_seconds_count{model=\"b32\",tower=\"text\"} 1\n", closed);

        observer.QueueOpened("b32/text");
        observer.QueueDepthChanged("b32/text", 3);
        Assert.Contains(
            "clip_queue_depth{model=\"b32\",tower=\"text\"} 3\n",
            await ExportAsync(TestContext.Current.CancellationToken));
    }

    private async Task<string> ExportAsync(CancellationToken cancellation)
    {
        using var stream = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(stream, cancellation);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
