using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Models.Sessions;

/// <summary>For the CPU: the session reads and writes the host's blocks, and nothing is copied.</summary>
internal sealed class HostMemory : DeviceMemory
{
    // A cache line, and what the widest vector loads like.
    private const nuint Alignment = 64;

    private readonly List<nint> _blocks = [];

    public override unsafe TowerBuffer Allocate(int bytes)
    {
        var block = (nint)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        _blocks.Add(block);
        return new TowerBuffer(OrtMemoryInfo.DefaultInstance, block, block, bytes);
    }

    public override void CopyIn(TowerBuffer buffer, int bytes)
    {
    }

    public override void CopyOut(TowerBuffer buffer, int bytes)
    {
    }

    public override void Synchronize()
    {
    }

    public override unsafe void Dispose()
    {
        foreach (var block in _blocks)
            NativeMemory.AlignedFree((void*)block);
        _blocks.Clear();
    }
}
