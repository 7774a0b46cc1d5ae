using BenchmarkDotNet.Attributes;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving.Batching;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;

namespace ClipGrpc.Benchmarks;

/// <summary>
/// The hand-over to the device's thread and back with an encoder that costs nothing: one item alone, which pays for two
/// thread switches, and 32 at once.
/// </summary>
public class BatcherBenchmarks
{
    private const int Dimensions = 512;
    private const int Many = 32;

    private readonly Task[] _running = new Task[Many];
    private DeviceScheduler? _scheduler;
    private TowerQueue<ReadOnlyMemory<byte>>? _queue;

    [GlobalSetup]
    public void SetUp()
    {
        _scheduler = new DeviceScheduler(
            "benchmark",
            new BatchingOptions { MaxBatchSize = Many },
            new MetricsBatchObserver(new ClipMetrics(Metrics.NewCustomRegistry())),
            TimeProvider.System,
            NullLogger<DeviceScheduler>.Instance);
        _queue = _scheduler.AddQueue(new TowerQueueDefinition<ReadOnlyMemory<byte>>
        {
            Name = "benchmark",
            CreateEncoder = () => new FixedEncoder<ReadOnlyMemory<byte>>(Dimensions),
        });
    }

    [GlobalCleanup]
    public async Task CleanUp() => await _scheduler!.DisposeAsync();

    [Benchmark]
    public async Task OneItem() => await _queue!.Submit(default, default).Task;

    [Benchmark(OperationsPerInvoke = Many)]
    public async Task ItemOf32()
    {
        for (var i = 0; i < Many; i++)
            _running[i] = _queue!.Submit(default, default).Task;
        await Task.WhenAll(_running);
    }
}
