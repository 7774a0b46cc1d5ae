using System.Runtime.InteropServices;
using ClipGrpc.Models.Sessions;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.TestSupport;

/// <summary>
/// As a GPU's: the session's blocks are others than the host's, and a copy that nobody waited for has not happened.
/// </summary>
internal sealed class SplitMemory : DeviceMemory
{
    private readonly List<nint> _blocks = [];
    private readonly List<Action> _copies = [];

    public override TowerBuffer Allocate(int bytes) =>
        new(OrtMemoryInfo.DefaultInstance, Block(bytes), Block(bytes), bytes);

    public override void CopyIn(TowerBuffer buffer, int bytes) =>
        _copies.Add(() => Copy(buffer.Host, buffer.Device, bytes));

    public override void CopyOut(TowerBuffer buffer, int bytes) =>
        _copies.Add(() => Copy(buffer.Device, buffer.Host, bytes));

    public override void Synchronize()
    {
        foreach (var copy in _copies)
            copy();
        _copies.Clear();
    }

    public override void Dispose()
    {
        foreach (var block in _blocks)
            Marshal.FreeHGlobal(block);
    }

    private static unsafe void Copy(nint from, nint to, int bytes) =>
        new ReadOnlySpan<byte>((void*)from, bytes).CopyTo(new Span<byte>((void*)to, bytes));

    private unsafe nint Block(int bytes)
    {
        var block = Marshal.AllocHGlobal(bytes);
        new Span<byte>((void*)block, bytes).Fill(0xFF);
        _blocks.Add(block);
        return block;
    }
}
