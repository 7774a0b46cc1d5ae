using System.Numerics.Tensors;

namespace ClipGrpc.Serving.Batching;

/// <summary>
/// A queue per priority and length bucket, in which callers take turns, and for each queue a list of deferred items:
/// those without a deadline that would make others late. The queues of a priority share its capacity, and items can
/// wait for space in it. Except for the counts not thread-safe: guarded by its owner's lock.
/// </summary>
internal sealed class ItemQueues
{
    private const int Priorities = 2;

    /// <summary>Number of callers without items that are remembered.</summary>
    private const int FewCallers = 64;

    private readonly int _capacity;
    private readonly bool _chargesLength;
    private readonly ItemList[] _queues;
    private readonly ItemList[] _deferred;
    private readonly int[] _expected;

    /// <summary>Per priority, the callers with items that wait for space.</summary>
    private readonly List<CallerItems>[] _waitingForRoom = [[], []];

    private readonly Dictionary<ItemGroup, int> _expectedOf = [];
    private readonly Dictionary<CallerKey, CallerItems> _callers = [];
    private int _forgetCallersAt = FewCallers;

    /// <summary>Per priority, the latest turn that was run, at which a new caller begins.</summary>
    private readonly long[] _rounds = new long[Priorities];

    private long _sequence;

    /// <param name="capacity">Maximum number of items per priority.</param>
    /// <param name="callerCapacity">Maximum number of items per priority and caller.</param>
    /// <param name="chargesLength">Whether an item takes as many rounds as its length, instead of one.</param>
    public ItemQueues(IReadOnlyList<int> lengths, int capacity, int callerCapacity, bool chargesLength = false)
    {
        _chargesLength = chargesLength;
        Lengths = lengths;
        _capacity = capacity;
        CallerCapacity = callerCapacity;
        _queues = [.. Enumerable.Range(0, Priorities * lengths.Count).Select(_ => new ItemList())];
        _deferred = [.. _queues.Select(_ => new ItemList())];
        _expected = new int[_queues.Length];
    }

    /// <summary>The length buckets, ascending.</summary>
    public IReadOnlyList<int> Lengths { get; }

    public int CallerCapacity { get; }

    /// <summary>The number of queued items, without deferred and waiting ones.</summary>
    public int Count => CountOf(_queues);

    /// <summary>The number of queued and deferred items.</summary>
    public int Accepted => CountOf(_queues) + CountOf(_deferred);

    /// <summary>The number of queued items with a deadline.</summary>
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

    /// <summary>Consecutive batches without a bulk leader while bulk items were queued.</summary>
    public int BatchesPastBulk { get; set; }

    /// <summary>The queues, interactive ones first, each priority in order of length.</summary>
    public ReadOnlySpan<ItemList> All => _queues;

    /// <summary>The queues of a priority, in order of length.</summary>
    public ReadOnlySpan<ItemList> QueuesOf(WorkPriority priority) => Of<ItemList>(_queues, priority);

    /// <summary>The deferred items, in the same order.</summary>
    public ReadOnlySpan<ItemList> Deferred => _deferred;

    /// <summary>All items: queued, deferred and waiting for space.</summary>
    public IEnumerable<WaitingItem> Items => ItemsIn([.. _queues, .. _deferred]).Concat(WaitingForRoom);

    /// <summary>The items that wait for space.</summary>
    public IEnumerable<WaitingItem> WaitingForRoom => ItemsIn(_waitingForRoom.SelectMany(WaitingIn));

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
    /// Whether there is space for an item. It overtakes no item that waits for space: those that could have the space
    /// have got it, and the callers of the others use their whole share.
    /// </summary>
    public bool HasRoomFor(WaitingItem item) =>
        HasRoom(item.Priority) && HasShare(_callers.GetValueOrDefault(item.Caller), item.Priority);

    /// <summary>Whether there will be space when all items that are being prepared have been submitted.</summary>
    public bool WillHaveRoomFor(WaitingItem item)
    {
        var expected = TensorPrimitives.Sum(Of<int>(_expected, item.Priority));
        return AcceptedOf(item.Priority) + expected < _capacity && !IsShareUsed(item);
    }

    /// <summary>
    /// Whether the item's caller uses its whole share of the priority, including items that are being prepared.
    /// </summary>
    public bool IsShareUsed(WaitingItem item) =>
        item.Caller != CallerKey.None && _callers.TryGetValue(item.Caller, out var items)
            && items.Accepted(item.Priority) + items.Expected(item.Priority) >= CallerCapacity;

    /// <summary>Accepts the item: assigns its turn, and counts it for its caller.</summary>
    public void Accept(WaitingItem item)
    {
        if (item.Items is not null)
            return;

        var items = ItemsOf(item.Caller);
        if (item.Turn == 0)
            item.Turn = NextTurn(items, item);
        item.Sequence = ++_sequence;
        items.Accept(item, IndexOf(item));
    }

    /// <summary>Adds an item to its queue, at its turn or, if it has none, at its caller's next one.</summary>
    public void Add(WaitingItem item)
    {
        Accept(item);
        _queues[IndexOf(item)].Add(item);
    }

    /// <summary>Moves an item to the end of its queue.</summary>
    /// <returns>False if it is already the last.</returns>
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

    /// <summary>Whether items for its queue are deferred, which it must not overtake.</summary>
    public bool IsBehindDeferred(WaitingItem item) => _deferred[IndexOf(item)].First?.IsBefore(item) == true;

    /// <summary>Moves an item from its queue to the deferred ones.</summary>
    public void Defer(WaitingItem item)
    {
        Unlink(item);
        _deferred[IndexOf(item)].Add(item);
    }

    /// <summary>Removes an item from its list. It keeps its turn and remains its caller's.</summary>
    public static void Unlink(WaitingItem item) => item.List?.Remove(item);

    /// <summary>Moves an item to another caller's next turn, if that is earlier.</summary>
    /// <returns>Its previous turn, or null if it was not moved.</returns>
    public (CallerKey Caller, long Turn)? TakeEarlierTurn(WaitingItem item, CallerKey caller)
    {
        var turn = NextTurn(ItemsOf(caller), item);
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
        var items = ItemsOf(item.Caller);
        if (items.FirstWaitingForRoom(item.Priority) is null)
            _waitingForRoom[(int)item.Priority].Add(items);
        item.Turn = 0; // assigned when it is accepted
        item.Sequence = ++_sequence;
        items.AddWaitingForRoom(item);
    }

    /// <summary>Removes a queued, deferred or waiting item.</summary>
    /// <param name="isServed">Whether it is run in a batch, which advances the round.</param>
    public void Remove(WaitingItem item, bool isServed = false)
    {
        if (item.Items is not { } items)
            return;

        var index = IndexOf(item);
        var priority = (int)item.Priority;
        if (ReferenceEquals(item.List, _queues[index]) || ReferenceEquals(item.List, _deferred[index]))
        {
            if (isServed)
                _rounds[priority] = Math.Max(_rounds[priority], item.Turn);
            items.Forget(item, index, isServed);
            Unlink(item);
        }
        else
        {
            items.RemoveWaitingForRoom(item);
            if (items.FirstWaitingForRoom(item.Priority) is null)
                _waitingForRoom[priority].Remove(items);
        }
    }

    /// <summary>
    /// Removes the next item that waits for space in the priority and can have it: that of the caller with the earliest
    /// turn and, of callers with the same turn, the one that has waited longest.
    /// </summary>
    public WaitingItem? TakeForRoom(WorkPriority priority)
    {
        if (!HasRoom(priority))
            return null;

        WaitingItem? best = null;
        long bestTurn = 0;
        foreach (var items in _waitingForRoom[(int)priority])
        {
            var first = items.FirstWaitingForRoom(priority)!;
            var turn = NextTurn(items, first);
            if (HasShare(items, priority)
                && (best is null || (turn, first.Sequence).CompareTo((bestTurn, best.Sequence)) < 0))
            {
                (best, bestTurn) = (first, turn);
            }
        }

        if (best is not null)
            Remove(best);
        return best;
    }

    public void SetDeadline(WaitingItem item, long deadline)
    {
        if (item.List is { } list)
            list.SetDeadline(item, deadline);
        else
            item.Deadline = deadline;
    }

    /// <summary>Adds or removes an item that is being prepared.</summary>
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

    /// <summary>Whether there are at least two queued items, all of the same call.</summary>
    public bool IsOneCall
    {
        get
        {
            var first = Array.Find(_queues, list => list.Count > 0)?.First;
            return first?.Group is { } group && HasOnly(_queues, group);
        }
    }

    /// <summary>Whether all items, including those that are being prepared, are of the same call.</summary>
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
    /// The number of items of its length that are being prepared and will be submitted before this one: those of its
    /// caller, and as many of each other caller.
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
        return (int)item.Priority * Lengths.Count + bucket;
    }

    /// <summary>
    /// One round after its caller's last item, but not in a past round. If lengths are charged, the item has the last
    /// of its rounds, so that of callers that come one after the other, those with short items are first.
    /// </summary>
    private long NextTurn(CallerItems items, WaitingItem item) =>
        Math.Max(Math.Max(_rounds[(int)item.Priority], 1), items.LastTurn(item.Priority) + 1)
        + (_chargesLength ? item.Length - 1 : 0);

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

        return _callers[caller] = new CallerItems(caller, Lengths.Count);
    }

    private static IEnumerable<WaitingItem> ItemsIn(IEnumerable<ItemList> lists)
    {
        foreach (var list in lists)
        {
            for (var item = list.First; item is not null; item = item.Next)
                yield return item;
        }
    }

    private static IEnumerable<ItemList> WaitingIn(List<CallerItems> callers, int priority) =>
        callers.Select(items => items.WaitingForRoom((WorkPriority)priority));

    private static int CountOf(ReadOnlySpan<ItemList> lists)
    {
        var count = 0;
        foreach (var list in lists)
            count += list.Count;
        return count;
    }

    /// <summary>The part of an array with an element per queue.</summary>
    private ReadOnlySpan<T> Of<T>(ReadOnlySpan<T> all, WorkPriority priority) =>
        all.Slice((int)priority * Lengths.Count, Lengths.Count);

    private int AcceptedOf(WorkPriority priority) =>
        CountOf(QueuesOf(priority)) + CountOf(Of<ItemList>(_deferred, priority));

    private bool HasRoom(WorkPriority priority) => AcceptedOf(priority) < _capacity;

    private bool HasShare(CallerItems? items, WorkPriority priority) =>
        items is null || items.Caller == CallerKey.None || items.Accepted(priority) < CallerCapacity;
}
