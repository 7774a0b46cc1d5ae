namespace ClipGrpc.FunctionalTests.Client;

/// <summary>Gives out its bytes in chunks, one for each time that the test allows, or all at once when open.</summary>
internal sealed class GatedStream(byte[] bytes, bool seekable) : MemoryStream(bytes)
{
    private const int ChunkBytes = 3;

    private readonly SemaphoreSlim _allowed = new(0);
    private readonly SemaphoreSlim _waiting = new(0);
    private volatile bool _isOpen;

    public override bool CanSeek => seekable;

    public override long Position
    {
        get => seekable ? base.Position : throw new NotSupportedException();
        set => base.Position = seekable ? value : throw new NotSupportedException();
    }

    /// <summary>Waits until a read has begun that was not waited for before.</summary>
    public async Task ReadBeginsAsync() =>
        Assert.True(await _waiting.WaitAsync(ScriptedServer.Patience), "No read has begun.");

    public void AllowOne() => _allowed.Release();

    public void Open()
    {
        _isOpen = true;
        _allowed.Release(100);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _waiting.Release();
        if (!_isOpen)
            await _allowed.WaitAsync(cancellationToken);
        return Read(buffer.Span[..ChunkBytes]);
    }
}
