using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// For a GPU: blocks of the session's allocators, page-locked ones on the host, so that copies run while the device
/// computes another batch.
/// </summary>
/// <param name="session">Must outlive this.</param>
internal sealed class CudaMemory(InferenceSession session, int deviceId) : DeviceMemory
{
    // The names that the runtime gives its allocators.
    private const string DeviceName = "Cuda";
    private const string PinnedName = "CudaPinned";

    private readonly CudaCopyStream _stream = new(deviceId);
    private readonly List<IDisposable> _owned = [];
    private OrtMemoryInfo? _deviceInfo;
    private OrtAllocator? _device;
    private OrtAllocator? _pinned;

    public override TowerBuffer Allocate(int bytes)
    {
        try
        {
            return AllocateBoth(bytes);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ClipException(
                ClipErrorReason.ModelRunFailed,
                $"The device cuda:{deviceId} does not have enough memory for the values of a batch.",
                exception);
        }
    }

    public override void CopyIn(TowerBuffer buffer, int bytes) => _stream.ToDevice(buffer.Device, buffer.Host, bytes);

    public override void CopyOut(TowerBuffer buffer, int bytes) => _stream.ToHost(buffer.Host, buffer.Device, bytes);

    public override void Synchronize() => _stream.Synchronize();

    public override void Dispose()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
            _owned[i].Dispose();
        _owned.Clear();
        _stream.Dispose();
    }

    private TowerBuffer AllocateBoth(int bytes)
    {
        _deviceInfo ??= Own(Info(DeviceName, OrtMemType.Default));
        _device ??= Own(new OrtAllocator(session, _deviceInfo));
        _pinned ??= Own(new OrtAllocator(session, Own(Info(PinnedName, OrtMemType.CpuOutput))));
        var host = Own(_pinned.Allocate((uint)bytes));
        var device = Own(_device.Allocate((uint)bytes));
        return new TowerBuffer(_deviceInfo, host.DangerousGetHandle(), device.DangerousGetHandle(), bytes);
    }

    private OrtMemoryInfo Info(string name, OrtMemType type) =>
        new(name, OrtAllocatorType.DeviceAllocator, deviceId, type);

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }
}
