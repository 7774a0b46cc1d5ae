using System.Threading.Channels;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// The items of a stream that have no response yet, which a new connection sends again, and the results for the caller.
/// An item that cannot be read has its error as its result; where items have an order, it waits for the results before
/// it.
/// </summary>
/// <param name="orderOf">The order that an item belongs to; null means that results come in any order.</param>
/// <param name="mayBeSilent">Whether items may have no response: see <see cref="CompletedUpToAsync"/>.</param>
internal sealed class StreamItems<TItem, TResult>(Func<TItem, string>? orderOf, bool mayBeSilent = false) : IDisposable
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
    private readonly Dictionary<string, Queue<StreamItem<TItem, TResult>>> _orders = [];
    private readonly SemaphoreSlim _lock = new(1, 1);
    private readonly SemaphoreSlim _removed = new(0, 1);
    private long _next;
    private long _sent;
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
        var added = new StreamItem<TItem, TResult>(_next++, item, orderOf?.Invoke(item));
        _open.Add(added.Number, added);
        if (added.Order is { } order)
        {
            if (!_orders.TryGetValue(order, out var items))
                _orders.Add(order, items = new Queue<StreamItem<TItem, TResult>>());
            items.Enqueue(added);
        }

        _openCount = _open.Count;
        return Task.FromResult(added);
    }, CancellationToken.None);

    /// <summary>A new connection begins: everything without a response is to be sent.</summary>
    /// <returns>The items, in their order.</returns>
    public Task<StreamItem<TItem, TResult>[]> ReconnectedAsync(CancellationToken cancellationToken) => LockedAsync(() =>
    {
        _sent = 0;
        foreach (var item in _open.Values)
            item.IsSent = false;
        return Task.FromResult(_open.Values.Where(item => item.Error is null).ToArray());
    }, cancellationToken);

    /// <summary>The item is sent now, after those that were sent before it on this connection.</summary>
    public void Sent(StreamItem<TItem, TResult> item)
    {
        item.SentIndex = _sent++;
        item.IsSent = true;
    }

    public Task FailedAsync(
        StreamItem<TItem, TResult> item, TResult error, CancellationToken cancellationToken) => LockedAsync(async () =>
    {
        item.Error = error;
        if (item.Order is { } order)
            await WriteErrorsAsync(_orders[order], cancellationToken).ConfigureAwait(false);
        else
            await WriteAsync(item, error, cancellationToken).ConfigureAwait(false);
        return item;
    }, cancellationToken);

    /// <param name="number">The item's number.</param>
    /// <param name="map">Makes the result; null means that the caller gets none.</param>
    /// <param name="cancellationToken">Ends the wait for the caller to read.</param>
    /// <exception cref="ClipClientException">INTERNAL: the response is not one to an item that was sent.</exception>
    public Task CompletedAsync(
        long number, Func<TItem, TResult?> map, CancellationToken cancellationToken) => LockedAsync(async () =>
    {
        if (_open.GetValueOrDefault(number) is not { IsSent: true, Error: null } item)
            throw Responses.Malformed("a stream had a response to an item that was not sent, or two to one item");
        await CompleteAsync(item, map(item.Item), cancellationToken).ConfigureAwait(false);
        return item;
    }, cancellationToken);

    /// <summary>
    /// The first items that were sent on this connection have had their response or need none.
    /// </summary>
    /// <param name="count">How many.</param>
    /// <param name="cancellationToken">Ends the wait for the caller to read.</param>
    public Task CompletedUpToAsync(long count, CancellationToken cancellationToken) => LockedAsync(async () =>
    {
        // Items are sent in the order of their numbers.
        var completed = _open.Values
            .TakeWhile(item => item.Error is not null || (item.IsSent && item.SentIndex < count))
            .Where(item => item.Error is null)
            .ToArray();
        foreach (var item in completed)
            await CompleteAsync(item, null, cancellationToken).ConfigureAwait(false);
        return completed.Length;
    }, cancellationToken);

    /// <summary>A result that belongs to no item.</summary>
    public Task AddResultAsync(TResult result, CancellationToken cancellationToken) => LockedAsync(async () =>
    {
        await _output.Writer.WriteAsync(result, cancellationToken).ConfigureAwait(false);
        return result;
    }, cancellationToken);

    public void Complete(Exception? error) => _output.Writer.TryComplete(error);

    public void Dispose()
    {
        _lock.Dispose();
        _removed.Dispose();
    }

    private async Task CompleteAsync(
        StreamItem<TItem, TResult> item, TResult? result, CancellationToken cancellationToken)
    {
        if (item.Order is not { } order)
        {
            await WriteAsync(item, result, cancellationToken).ConfigureAwait(false);
            return;
        }

        var items = _orders[order];
        while (items.Peek() is var first && first != item)
        {
            if (!mayBeSilent || !first.IsSent)
                throw Responses.Malformed("the responses of an ordered stream were not in order");

            await WriteAsync(first, null, cancellationToken).ConfigureAwait(false);
            await WriteErrorsAsync(items, cancellationToken).ConfigureAwait(false);
        }

        await WriteAsync(item, result, cancellationToken).ConfigureAwait(false);
        await WriteErrorsAsync(items, cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteErrorsAsync(
        Queue<StreamItem<TItem, TResult>> items, CancellationToken cancellationToken)
    {
        while (items.TryPeek(out var item) && item.Error is { } error)
            await WriteAsync(item, error, cancellationToken).ConfigureAwait(false);
    }

    // Removed afterwards, so that a write that is cancelled loses nothing.
    private async Task WriteAsync(
        StreamItem<TItem, TResult> item, TResult? result, CancellationToken cancellationToken)
    {
        if (result is not null)
            await _output.Writer.WriteAsync(result, cancellationToken).ConfigureAwait(false);
        _open.Remove(item.Number);
        _openCount = _open.Count;
        if (item.Order is { } order && _orders[order] is var items)
        {
            items.Dequeue();
            if (items.Count == 0)
                _orders.Remove(order);
        }

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
