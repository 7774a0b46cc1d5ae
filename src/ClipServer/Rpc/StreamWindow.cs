namespace ClipGrpc.Server.Rpc;

/// <summary>
/// The room of one stream: so many requests, or fewer where they are large, since 64 images of 32 MiB would be 2 GiB
/// a stream. A request takes at least one of the window's slots, and as many as its bytes take of the window's bytes.
/// </summary>
internal sealed class StreamWindow(int items, long bytes)
{
    private readonly SemaphoreSlim _free = new(items);
    private readonly long _bytesPerSlot = Math.Max(bytes / items, 1);

    /// <summary>Waits for the slot that every request takes.</summary>
    public Task EnterAsync(CancellationToken cancellationToken) => _free.WaitAsync(cancellationToken);

    /// <summary>Waits for the further slots of a large request. Only one at a time may wait.</summary>
    /// <returns>All slots that it has, to be given back.</returns>
    public async Task<int> WidenAsync(int size, CancellationToken cancellationToken)
    {
        // Larger than the window: it takes all of it, and runs alone.
        var slots = (int)Math.Clamp((size + _bytesPerSlot - 1) / _bytesPerSlot, 1, items);
        for (var further = 1; further < slots; further++)
            await _free.WaitAsync(cancellationToken);
        return slots;
    }

    public void Leave(int slots) => _free.Release(slots);
}
