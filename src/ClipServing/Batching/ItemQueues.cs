namespace ClipGrpc.Serving.Batching;

/// <summary>
/// The items that wait: a bounded queue per priority and length bucket. Before each stand items without a deadline that
/// would make others late, which are deferred, and callers that wait for room. Not thread-safe but for the counts: its
/// owner's lock guards it.
/// </summary>
internal sealed class ItemQueues
{
    private readonly int _capacity;
    private readonly ItemList[] _queues;
    private readonly ItemList[] _deferred;
    private readonly ItemList[] _waitingForRoom;
    private int _count;
    private long _sequence;

    public ItemQueues(IReadOnlyList<int> lengths, int capacity)
    {
        Lengths = lengths;
        _capacity = capacity;
        _queues = [.. Enumerable.Range(0, 2 * lengths.Count).Select(_ => new ItemList())];
        _deferred = [.. _queues.Select(_ => new ItemList())];
        _waitingForRoom = [.. _queues.Select(_ => new ItemList())];
    }

    /// <summary>The length buckets, ascending.</summary>
    public IReadOnlyList<int> Lengths { get; }

    /// <summary>Items in the queues, without those before them.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Items in the queues and those that are deferred.</summary>
    public int Accepted
    {
        get
        {
            var count = Count;
            foreach (var list in _deferred)
                count += list.Count;
            return count;
        }
    }

    /// <summary>Those of them that have a deadline.</summary>
    public int WithDeadline
    {
        get
        {
            var count = 0;
            foreach (var queue in _queues)
                count += queue.WithDeadline;
            return count;
        }
    }

    /// <summary>Batches that started without bulk work while some waited.</summary>
    public int BatchesPastBulk { get; set; }

    /// <summary>The queues, the interactive ones first, each priority by length.</summary>
    public ReadOnlySpan<ItemList> All => _queues;

    /// <summary>The deferred items, in the same order.</summary>
    public ReadOnlySpan<ItemList> Deferred => _deferred;

    public int LengthFor(int length)
    {
        foreach (var bucket in Lengths)
        {
            if (length <= bucket)
                return bucket;
        }

        return Lengths[^1];
    }

    public bool HasRoomFor(WaitingItem item)
    {
        var index = IndexOf(item);
        return HasRoom(index) && _waitingForRoom[index].Count == 0;
    }

    public void Add(WaitingItem item)
    {
        item.Sequence = ++_sequence;
        _queues[IndexOf(item)].Add(item);
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Whether items of its kind are deferred, which it must not overtake.</summary>
    public bool IsBehindDeferred(WaitingItem item) => _deferred[IndexOf(item)].Count > 0;

    /// <summary>Takes an item out of its queue until others need it no more.</summary>
    public void Defer(WaitingItem item, bool isFirst)
    {
        Remove(item);
        var list = _deferred[IndexOf(item)];
        if (isFirst)
            list.AddFirst(item);
        else
            list.Add(item);
    }

    public void AddWaitingForRoom(WaitingItem item) => _waitingForRoom[IndexOf(item)].Add(item);

    /// <returns>Whether it was in a queue; false where it waited for room, or not at all.</returns>
    public bool Remove(WaitingItem item)
    {
        if (item.List is not { } list)
            return false;
        list.Remove(item);
        if (!ReferenceEquals(list, _queues[IndexOf(item)]))
            return false;
        Volatile.Write(ref _count, _count - 1);
        return true;
    }

    /// <summary>Takes out the caller that waited longest for a place in the item's queue, if there is one.</summary>
    public WaitingItem? TakeForRoomOf(WaitingItem item)
    {
        var index = IndexOf(item);
        if (!HasRoom(index) || _waitingForRoom[index].First is not { } next)
            return null;
        _waitingForRoom[index].Remove(next);
        return next;
    }

    /// <summary>Takes out one that waits for room; null when none is left.</summary>
    public WaitingItem? TakeWaitingForRoom() => TakeFirst(_waitingForRoom);

    /// <summary>Takes out one item, of those that wait for room too; null when none is left.</summary>
    public WaitingItem? TakeAny() => TakeFirst(_queues) ?? TakeFirst(_deferred) ?? TakeFirst(_waitingForRoom);

    public void SetDeadline(WaitingItem item, long deadline)
    {
        if (item.List is { } list)
            list.SetDeadline(item, deadline);
        else
            item.Deadline = deadline;
    }

    public int IndexOf(WaitingItem item)
    {
        var bucket = 0;
        while (Lengths[bucket] < item.Length)
            bucket++;
        return item.Priority == WorkPriority.Bulk ? Lengths.Count + bucket : bucket;
    }

    private bool HasRoom(int index) => _queues[index].Count + _deferred[index].Count < _capacity;

    private WaitingItem? TakeFirst(ItemList[] lists)
    {
        var first = Array.Find(lists, list => list.Count > 0)?.First;
        if (first is not null)
            Remove(first);
        return first;
    }
}
