namespace ClipGrpc.Server.Rpc;

/// <summary>
/// The room of one stream: so many requests, or fewer where they are large, since 64 images of 32 MiB would be 2 GiB
/// a stream. A request takes at least one of the window's slots, and as many as its bytes take of the window's bytes.
/// </summary>
internal sealed class StreamWindow(int items, long bytes)
{
    private readonly SemaphoreSlim _free = new(items);
    private readonly long _bytesPerSlot = Math.Max(bytes / items, 1);
    private readonly SemaphoreSlim _light = new(MaxLight);

    /// <summary>What a request has in place of slots whose response only waits for its turn.</summary>
    public const int Light = -1;

    /// <summary>The most requests that have no slots.</summary>
    public const int MaxLight = 1024;

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

    /// <summary>
    /// Gives back the slots of a request whose response is there, and small, but has to wait for its turn. Without it,
    /// dropped frames would keep newer ones from being read.
    /// </summary>
    /// <returns>False: it keeps its slots, because there are too many without.</returns>
    public bool TryLighten(int slots)
    {
        if (!_light.Wait(0))
            return false;

        _free.Release(slots);
        return true;
    }

    /// <param name="slots">What the request has: <see cref="Light"/> or its slots.</param>
    public void Leave(int slots)
    {
        if (slots == Light)
            _light.Release();
        else
            _free.Release(slots);
    }
}
