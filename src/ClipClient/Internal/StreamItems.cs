using System.Threading.Channels;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// The items of a stream that have no response yet, which a new connection sends again, and the results for the caller.
/// An item that cannot be read has its error as its result; in an ordered stream it waits for the results before it.
/// </summary>
internal sealed class StreamItems<TItem, TResult>(bool ordered) : IDisposable
    where TResult : class
{
    /// <summary>
    /// Most items without a response. Servers take fewer at once; this bounds small items in the buffers between.
    /// </summary>
    public const int MaxOpen = 1024;

    // Bounded and waiting: while the caller does not read, neither do we, and the server stops in turn. The number only
    // smooths the hand-over between the two tasks.
    private readonly Channel<TResult> _output = Channel.CreateBounded<TResult>(16);

    private readonly SortedDictionary<long, StreamItem<TItem, TResult>> _open = [];
    private readonly SemaphoreSlim _lock = new(1, 1);
    private readonly SemaphoreSlim _removed = new(0, 1);
    private long _next;
    private int _openCount;
    private volatile bool _allAdded;

    public ChannelReader<TResult> Reader => _output.Reader;

    /// <summary>The source has ended, and every item has its result.</summary>
    public bool AllCompleted => _allAdded && IsEmpty;

    public bool IsEmpty => Volatile.Read(ref _openCount) == 0;

    /// <summary>The source has ended.</summary>
    public void AllAdded() => _allAdded = true;

    public async Task WhenRoomAsync(CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _openCount) >= MaxOpen)
            await _removed.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Keeps an item until it has its result.</summary>
    public Task<StreamItem<TItem, TResult>> AddAsync(TItem item) => LockedAsync(() =>
    {
        var added = new StreamItem<TItem, TResult>(_next++, item);
        _open.Add(added.Number, added);
        _openCount = _open.Count;
        return Task.FromResult(added);
    }, CancellationToken.None);

    /// <summary>A new connection begins: everything without a response is to be sent.</summary>
    /// <returns>The items, in their order.</returns>
    public Task<StreamItem<TItem, TResult>[]> ReconnectedAsync(CancellationToken cancellationToken) => LockedAsync(() =>
    {
        foreach (var item in _open.Values)
            item.IsSent = false;
        return Task.FromResult(_open.Values.Where(item => item.Error is null).ToArray());
    }, cancellationToken);

    public Task FailedAsync(
        StreamItem<TItem, TResult> item, TResult error, CancellationToken cancellationToken) => LockedAsync(async () =>
    {
        item.Error = error;
        if (ordered)
            await WriteErrorsAsync(cancellationToken).ConfigureAwait(false);
        else
            await WriteAsync(item, error, cancellationToken).ConfigureAwait(false);
        return item;
    }, cancellationToken);

    /// <param name="number">The item's number, or null for the first item without a response.</param>
    /// <param name="map">Makes the result.</param>
    /// <param name="cancellationToken">Ends the wait for the caller to read.</param>
    /// <exception cref="ClipClientException">INTERNAL: the response is not one to an item that was sent.</exception>
    public Task CompletedAsync(
        long? number, Func<TItem, TResult> map, CancellationToken cancellationToken) => LockedAsync(async () =>
    {
        var item = Find(number);
        await WriteAsync(item, map(item.Item), cancellationToken).ConfigureAwait(false);
        if (ordered)
            await WriteErrorsAsync(cancellationToken).ConfigureAwait(false);
        return item;
    }, cancellationToken);

    public void Complete(Exception? error) => _output.Writer.TryComplete(error);

    public void Dispose()
    {
        _lock.Dispose();
        _removed.Dispose();
    }

    private StreamItem<TItem, TResult> Find(long? number)
    {
        var first = _open.Count > 0 ? _open.First().Value : null;
        var item = number is null || first?.Number == number ? first : _open.GetValueOrDefault(number.Value);
        if (item is not { IsSent: true, Error: null })
            throw Responses.Malformed("a stream had a response to an item that was not sent, or two to one item");
        if (ordered && item != first)
            throw Responses.Malformed("the responses of an ordered stream were not in order");
        return item;
    }

    private async Task WriteErrorsAsync(CancellationToken cancellationToken)
    {
        while (_open.Count > 0 && _open.First().Value is { Error: { } error } item)
            await WriteAsync(item, error, cancellationToken).ConfigureAwait(false);
    }

    // Removed afterwards, so that a write that is cancelled loses nothing.
    private async Task WriteAsync(
        StreamItem<TItem, TResult> item, TResult result, CancellationToken cancellationToken)
    {
        await _output.Writer.WriteAsync(result, cancellationToken).ConfigureAwait(false);
        _open.Remove(item.Number);
        _openCount = _open.Count;
        if (_removed.CurrentCount == 0)
            _removed.Release();
    }

    private async Task<T> LockedAsync<T>(Func<Task<T>> action, CancellationToken cancellationToken)
    {
        await _lock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await action().ConfigureAwait(false);
        }
        finally
        {
            _lock.Release();
        }
    }
}
