using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// Room for an input or output of a session: a block on the device, and one on the host that is filled or read. On the
/// CPU they are the same block.
/// </summary>
/// <param name="Memory">What kind of memory the device's block is.</param>
internal sealed record TowerBuffer(OrtMemoryInfo Memory, nint Host, nint Device, int Bytes)
{
    /// <summary>What follows the first bytes.</summary>
    public TowerBuffer From(int bytes) =>
        bytes == 0 ? this : this with { Host = Host + bytes, Device = Device + bytes, Bytes = Bytes - bytes };

    public unsafe Span<T> HostSpan<T>()
        where T : unmanaged => new((void*)Host, Bytes / sizeof(T));

    /// <summary>The front of the device's block as a tensor.</summary>
    public OrtValue DeviceValue(TensorElementType type, params long[] shape) =>
        OrtValue.CreateTensorValueWithData(Memory, type, shape, Device, Bytes);
}
