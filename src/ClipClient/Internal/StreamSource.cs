namespace ClipGrpc.Client.Internal;

/// <summary>
/// The caller's items, enumerated once over all connections of a stream: a wait for the next item may end with a
/// connection, and the next connection goes on with it.
/// </summary>
/// <param name="items">The items.</param>
/// <param name="cancellationToken">Ends the enumeration.</param>
internal sealed class StreamSource<TItem>(IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
{
    private IAsyncEnumerator<TItem>? _items;
    private Task<bool>? _next;
    private bool _ended;

    public TItem Current => _items!.Current;

    /// <param name="connection">Ends the wait; the item is then that of the next call.</param>
    /// <returns>False when there are no more items.</returns>
    public async Task<bool> MoveNextAsync(CancellationToken connection)
    {
        if (_ended)
            return false;

        _items ??= items.GetAsyncEnumerator(cancellationToken);
        _next ??= _items.MoveNextAsync().AsTask();
        _ended = !await _next.WaitAsync(connection).ConfigureAwait(false);
        _next = null;
        return !_ended;
    }

    /// <summary>Waits until the items let go.</summary>
    public async Task EndAsync()
    {
        if (_next is Task pending)
            await pending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_items is not null)
            await _items.DisposeAsync().ConfigureAwait(false);
    }
}
