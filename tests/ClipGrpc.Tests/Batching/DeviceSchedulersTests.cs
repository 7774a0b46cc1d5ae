using ClipGrpc.Models.Sessions;
using ClipGrpc.Serving.Batching;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Batching;

public sealed class DeviceSchedulersTests
{
    private readonly DeviceSchedulers _schedulers = new(
        new BatchingOptions(), new RecordingObserver(), new FakeTimeProvider(), NullLogger<DeviceScheduler>.Instance);

    [Fact(Timeout = 30_000)]
    public async Task For_TwoProvidersOnTheProcessor_AreOneAndOtherDevicesTheirOwn()
    {
        var processor = _schedulers.ForProcessor();
        Assert.Same(processor, _schedulers.For(Device("cpu", isProcessor: true)));
        Assert.Same(processor, _schedulers.For(Device("openvino:cpu:0", isProcessor: true)));

        var gpu = _schedulers.For(Device("cuda:0", isProcessor: false));
        Assert.NotSame(processor, gpu);
        Assert.Same(gpu, _schedulers.For(Device("cuda:0", isProcessor: false)));
        Assert.NotSame(gpu, _schedulers.For(Device("openvino:gpu:0", isProcessor: false)));
        await _schedulers.DisposeAsync().AsTask().WaitAsync(ScriptedDevice.Limit);
    }

    [Fact(Timeout = 30_000)]
    public async Task Dispose_StopsEveryDeviceAndMakesNoMore()
    {
        var device = new ScriptedDevice();
        var processor = _schedulers.ForProcessor();
        await _schedulers.DisposeAsync().AsTask().WaitAsync(ScriptedDevice.Limit);

        var late = Assert.Throws<ClipException>(() => _schedulers.For(Device("cuda:0", isProcessor: false)));
        Assert.Equal(ClipErrorCode.Unavailable, late.Code);
        Assert.Throws<ClipException>(() => processor.AddQueue(
            new TowerQueueDefinition<int> { Name = "late", CreateEncoder = device.Create }));
    }

    private static ExecutionDevice Device(string name, bool isProcessor) => new("any", name, isProcessor, null);
}
