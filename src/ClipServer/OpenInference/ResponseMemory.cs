using ClipGrpc.Server.Http;

namespace ClipGrpc.Server.OpenInference;

/// <summary>The memory of a stream's responses, each until it is written or the stream has ended.</summary>
internal sealed class ResponseMemory : IDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<CallMemory> _held = [];
    private bool _ended;

    /// <summary>The response is made, or failed: nothing more is reserved for it.</summary>
    public void Keep(CallMemory memory)
    {
        lock (_lock)
        {
            if (_ended)
                memory.Dispose();
            else
                _held.Add(memory);
        }
    }

    public void Return(CallMemory memory)
    {
        lock (_lock)
        {
            if (_held.Remove(memory))
                memory.Dispose();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _ended = true;
            foreach (var memory in _held)
                memory.Dispose();
            _held.Clear();
        }
    }
}
