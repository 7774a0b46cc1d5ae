namespace ClipGrpc.Cli.Video;

/// <summary>
/// Holds the newest frame of each source until it is taken, the sources in turn: a camera does not wait, and a frame
/// that nobody took in time is of no use.
/// </summary>
internal sealed class LatestFrames<T>(int sources)
    where T : class
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _filled = new(0);
    private readonly T?[] _newest = new T?[sources];
    private int _turn;
    private bool _completed;

    /// <returns>The frame that the new one replaces; null where the place was free.</returns>
    public T? Put(int source, T frame)
    {
        T? replaced;
        lock (_lock)
        {
            replaced = _newest[source];
            _newest[source] = frame;
        }

        if (replaced is null)
            _filled.Release();
        return replaced;
    }

    public void Complete()
    {
        lock (_lock)
            _completed = true;
        _filled.Release();
    }

    /// <returns>Null when there will be no more.</returns>
    public async ValueTask<T?> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _filled.WaitAsync(cancellationToken);
            lock (_lock)
            {
                for (var i = 0; i < _newest.Length; i++)
                {
                    var source = (_turn + i) % _newest.Length;
                    if (_newest[source] is not { } frame)
                        continue;
                    _newest[source] = null;
                    _turn = source + 1;
                    return frame;
                }

                if (_completed)
                    return null;
            }
        }
    }
}
