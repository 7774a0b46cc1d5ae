namespace ClipGrpc.Client.Internal;

/// <summary>How long a batch waits for further items.</summary>
/// <param name="max">Null means until it is full.</param>
/// <param name="clock">Measures the time.</param>
internal sealed class BatchDelay(TimeSpan? max, TimeProvider clock)
{
    private CancellationTokenSource? _timer;

    /// <summary>The batch has its first item.</summary>
    public void Start() => _timer = max is { } delay ? clock.CancelAfter(delay) : null;

    /// <summary>The batch is on its way.</summary>
    public void Stop()
    {
        _timer?.Dispose();
        _timer = null;
    }

    /// <summary>True with the next item; false when the time has passed before it; null after the last item.</summary>
    public async Task<bool?> NextAsync<TItem>(StreamSource<TItem> source, CancellationToken cancellationToken)
    {
        if (_timer is null)
            return await source.MoveNextAsync(cancellationToken).ConfigureAwait(false) ? true : null;
        if (_timer.IsCancellationRequested)
            return false;

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _timer.Token);
        try
        {
            return await source.MoveNextAsync(either.Token).ConfigureAwait(false) ? true : null;
        }
        catch (OperationCanceledException) when (
            _timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
