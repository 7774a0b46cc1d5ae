namespace ClipGrpc.Serving.Batching;

/// <summary>
/// The items that wait: a bounded queue per priority and length bucket, in which callers take turns. Before each stand
/// items without a deadline that would make others late, which are deferred, and callers that wait for room. Not
/// thread-safe but for the counts: its owner's lock guards it.
/// </summary>
internal sealed class ItemQueues
{
    /// <summary>So many callers are remembered though they have nothing here.</summary>
    private const int FewCallers = 64;

    private readonly int _capacity;
    private readonly ItemList[] _queues;
    private readonly ItemList[] _deferred;
    private readonly List<CallerItems>[] _waitingForRoom;
    private readonly int[] _expected;
    private readonly Dictionary<ItemGroup, int> _expectedOf = [];
    private readonly Dictionary<CallerKey, CallerItems> _callers = [];
    private int _forgetCallersAt = FewCallers;

    /// <summary>The latest turn that was served, per priority: a caller that comes now begins there.</summary>
    private readonly long[] _rounds = new long[2];

    private int _count;
    private long _sequence;

    /// <param name="callerCapacity">Positions of a queue that one caller may have.</param>
    public ItemQueues(IReadOnlyList<int> lengths, int capacity, int callerCapacity)
    {
        Lengths = lengths;
        _capacity = capacity;
        CallerCapacity = callerCapacity;
        _queues = [.. Enumerable.Range(0, 2 * lengths.Count).Select(_ => new ItemList())];
        _deferred = [.. _queues.Select(_ => new ItemList())];
        _expected = new int[_queues.Length];
        _waitingForRoom = [.. _queues.Select(_ => new List<CallerItems>())];
    }

    /// <summary>The length buckets, ascending.</summary>
    public IReadOnlyList<int> Lengths { get; }

    public int CallerCapacity { get; }

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

    /// <summary>
    /// Nobody is overtaken who waits for room: whoever could have it has got it, and the others have all positions that
    /// a caller may have.
    /// </summary>
    public bool HasRoomFor(WaitingItem item) =>
        HasRoom(IndexOf(item)) && HasShare(_callers.GetValueOrDefault(item.Caller), IndexOf(item));

    /// <summary>Whether there is a position left when all items that are being prepared have come.</summary>
    public bool WillHaveRoomFor(WaitingItem item)
    {
        var index = IndexOf(item);
        return _queues[index].Count + _deferred[index].Count + _expected[index] < _capacity && !IsShareUsed(item);
    }

    /// <summary>
    /// Whether the item's caller has all positions of its queue that a caller may have, with what it is preparing.
    /// </summary>
    public bool IsShareUsed(WaitingItem item)
    {
        var index = IndexOf(item);
        return item.Caller != CallerKey.None && _callers.TryGetValue(item.Caller, out var items)
            && items.Accepted(index) + items.Expected(index) >= CallerCapacity;
    }

    /// <summary>Gives the item its turn, and its caller one position less.</summary>
    public void Accept(WaitingItem item)
    {
        if (item.Items is not null)
            return;

        var items = ItemsOf(item.Caller);
        if (item.Turn == 0)
            item.Turn = NextTurn(items, item.Priority);
        item.Sequence = ++_sequence;
        items.Accept(item, IndexOf(item));
    }

    /// <summary>Puts an item into its queue: at the turn that it has, or else at its caller's next one.</summary>
    public void Add(WaitingItem item)
    {
        Accept(item);
        _queues[IndexOf(item)].Add(item);
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Puts an item of a queue behind all others there.</summary>
    /// <returns>False when that is where it is.</returns>
    public bool MoveLast(WaitingItem item)
    {
        if (item.Next is null)
            return false;
        var queue = item.List!;
        item.Turn = queue.Last!.Turn;
        item.Sequence = ++_sequence;
        queue.Remove(item);
        queue.Add(item);
        return true;
    }

    /// <summary>Whether items of its kind are deferred, which it must not overtake.</summary>
    public bool IsBehindDeferred(WaitingItem item) => _deferred[IndexOf(item)].First?.IsBefore(item) == true;

    /// <summary>Takes an item out of its queue until others need it no more.</summary>
    public void Defer(WaitingItem item)
    {
        Unlink(item);
        _deferred[IndexOf(item)].Add(item);
    }

    /// <summary>Takes an item out of its list; it keeps its turn, and its caller's position.</summary>
    public void Unlink(WaitingItem item)
    {
        if (item.List is not { } list)
            return;
        list.Remove(item);
        if (ReferenceEquals(list, _queues[IndexOf(item)]))
            Volatile.Write(ref _count, _count - 1);
    }

    /// <summary>Puts an item of a queue at another caller's next turn, if that comes first.</summary>
    /// <returns>Its turn before; null where it stays.</returns>
    public (CallerKey Caller, long Turn)? TakeEarlierTurn(WaitingItem item, CallerKey caller)
    {
        var turn = NextTurn(ItemsOf(caller), item.Priority);
        if (caller == item.Caller || turn >= item.Turn || !ReferenceEquals(item.List, _queues[IndexOf(item)]))
            return null;

        var before = (item.Caller, item.Turn);
        TakeTurn(item, (caller, turn));
        return before;
    }

    public void TakeTurn(WaitingItem item, (CallerKey Caller, long Turn) turn)
    {
        Remove(item);
        (item.Caller, item.Turn) = turn;
        Add(item);
    }

    public void AddWaitingForRoom(WaitingItem item)
    {
        var index = IndexOf(item);
        var items = ItemsOf(item.Caller);
        if (items.FirstWaitingForRoom(index) is null)
            _waitingForRoom[index].Add(items);
        item.Turn = 0; // it gets one when it has a position
        item.Sequence = ++_sequence;
        items.AddWaitingForRoom(item, index);
    }

    /// <summary>Removes an item from wherever it waits.</summary>
    /// <param name="isServed">It goes into a batch, and the round with it.</param>
    public void Remove(WaitingItem item, bool isServed = false)
    {
        if (item.Items is not { } items)
            return;

        var index = IndexOf(item);
        if (ReferenceEquals(item.List, _queues[index]) || ReferenceEquals(item.List, _deferred[index]))
        {
            var priority = (int)item.Priority;
            if (isServed)
                _rounds[priority] = Math.Max(_rounds[priority], item.Turn);
            items.Forget(item, index, isServed);
            Unlink(item);
        }
        else
        {
            items.RemoveWaitingForRoom(item, index);
            if (items.FirstWaitingForRoom(index) is null)
                _waitingForRoom[index].Remove(items);
        }
    }

    /// <summary>
    /// Takes out an item that waits for a position in the queue of <paramref name="item"/>, if one can have it: of the
    /// caller whose turn comes first, and of callers with the same turn the one that waited longest.
    /// </summary>
    public WaitingItem? TakeForRoomOf(WaitingItem item)
    {
        var index = IndexOf(item);
        if (!HasRoom(index))
            return null;

        WaitingItem? best = null;
        long bestTurn = 0;
        foreach (var items in _waitingForRoom[index])
        {
            var first = items.FirstWaitingForRoom(index)!;
            var turn = NextTurn(items, first.Priority);
            if (HasShare(items, index)
                && (best is null || (turn, first.Sequence).CompareTo((bestTurn, best.Sequence)) < 0))
            {
                (best, bestTurn) = (first, turn);
            }
        }

        if (best is not null)
            Remove(best);
        return best;
    }

    /// <summary>Takes out one that waits for room; null when none is left.</summary>
    public WaitingItem? TakeWaitingForRoom()
    {
        for (var index = 0; index < _waitingForRoom.Length; index++)
        {
            if (_waitingForRoom[index].FirstOrDefault()?.FirstWaitingForRoom(index) is { } item)
            {
                Remove(item);
                return item;
            }
        }

        return null;
    }

    /// <summary>Takes out one item, of those that wait for room too; null when none is left.</summary>
    public WaitingItem? TakeAny() => TakeFirst(_queues) ?? TakeFirst(_deferred) ?? TakeWaitingForRoom();

    public void SetDeadline(WaitingItem item, long deadline)
    {
        if (item.List is { } list)
            list.SetDeadline(item, deadline);
        else
            item.Deadline = deadline;
    }

    /// <summary>An item is being prepared and will come; or will not any more.</summary>
    public void Expect(WaitingItem item, int count)
    {
        _expected[IndexOf(item)] += count;
        ItemsOf(item.Caller).Expect(IndexOf(item), count);
        if (item.Group is not { } group)
            return;

        var left = _expectedOf.GetValueOrDefault(group) + count;
        if (left > 0)
            _expectedOf[group] = left;
        else
            _expectedOf.Remove(group);
    }

    /// <summary>Whether all items in the queues are of the same call, and at least two.</summary>
    public bool IsOneCall
    {
        get
        {
            var first = Array.Find(_queues, list => list.Count > 0)?.First;
            return first?.Group is { } group && HasOnly(_queues, group);
        }
    }

    /// <summary>Whether nothing waits, or will come when it is prepared, but items of the same call.</summary>
    public bool HasOnly(ItemGroup? group)
    {
        var ownExpected = group is null ? 0 : _expectedOf.GetValueOrDefault(group);
        return _expected.Sum() == ownExpected
            && Array.TrueForAll(_waitingForRoom, waiting => waiting.Count == 0)
            && HasOnly(_queues, group) && HasOnly(_deferred, group);
    }

    private static bool HasOnly(ItemList[] lists, ItemGroup? group)
    {
        foreach (var list in lists)
        {
            for (var item = list.First; item is not null; item = item.Next)
            {
                if (group is null || item.Group != group)
                    return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Items of its length that are being prepared and will come before this one, which is prepared after them: those
    /// of its caller, and as many of each other caller.
    /// </summary>
    public int ExpectedBefore(WaitingItem item)
    {
        var index = IndexOf(item);
        var interactive = index % Lengths.Count;
        var own = _callers.GetValueOrDefault(item.Caller)?.Expected(index) ?? 0;
        var count = 0;
        foreach (var items in _callers.Values)
        {
            count += items.Caller == item.Caller ? own : Math.Min(items.Expected(index), own + 1);
            if (index != interactive)
                count += items.Expected(interactive);
        }

        return count;
    }

    public int IndexOf(WaitingItem item)
    {
        var bucket = 0;
        while (Lengths[bucket] < item.Length)
            bucket++;
        return item.Priority == WorkPriority.Bulk ? Lengths.Count + bucket : bucket;
    }

    /// <summary>A round later than its caller's last item, but not in a round that is over.</summary>
    private long NextTurn(CallerItems items, WorkPriority priority)
    {
        var first = priority == WorkPriority.Bulk ? Lengths.Count : 0;
        return Math.Max(Math.Max(_rounds[(int)priority], 1), items.LastTurn(first, Lengths.Count) + 1);
    }

    private CallerItems ItemsOf(CallerKey caller)
    {
        if (_callers.TryGetValue(caller, out var known))
            return known;

        if (_callers.Count >= _forgetCallersAt)
        {
            foreach (var items in _callers.Values.Where(items => items.IsEmpty))
                _callers.Remove(items.Caller);
            _forgetCallersAt = Math.Max(FewCallers, 2 * _callers.Count);
        }

        return _callers[caller] = new CallerItems(caller, _queues.Length);
    }

    private bool HasRoom(int index) => _queues[index].Count + _deferred[index].Count < _capacity;

    private bool HasShare(CallerItems? items, int index) =>
        items is null || items.Caller == CallerKey.None || items.Accepted(index) < CallerCapacity;

    private WaitingItem? TakeFirst(ItemList[] lists)
    {
        var first = Array.Find(lists, list => list.Count > 0)?.First;
        if (first is not null)
            Remove(first);
        return first;
    }
}
