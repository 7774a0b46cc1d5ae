namespace ClipGrpc.Serving.Batching;

/// <summary>What one caller has in the queues of a stage, per queue.</summary>
internal sealed class CallerItems(CallerKey caller, int queues)
{
    private readonly int[] _accepted = new int[queues];
    private readonly int[] _expected = new int[queues];
    private readonly WaitingItem?[] _last = new WaitingItem?[queues];
    private readonly ItemList?[] _waitingForRoom = new ItemList?[queues];
    private int _count;

    public CallerKey Caller => caller;

    /// <summary>Nothing is here that must be remembered.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Items in a queue, or deferred before it.</summary>
    public int Accepted(int queue) => _accepted[queue];

    /// <summary>Items that are being prepared for a queue.</summary>
    public int Expected(int queue) => _expected[queue];

    /// <summary>The item that waited longest for room in a queue, if any.</summary>
    public WaitingItem? FirstWaitingForRoom(int queue) => _waitingForRoom[queue]?.First;

    /// <summary>The latest turn of its items in the queues from <paramref name="first"/> on; 0: none.</summary>
    public long LastTurn(int first, int queues)
    {
        long turn = 0;
        for (var queue = first; queue < first + queues; queue++)
            turn = Math.Max(turn, _last[queue]?.Turn ?? 0);
        return turn;
    }

    public void Accept(WaitingItem item, int queue)
    {
        item.Items = this;
        item.PreviousOfCaller = _last[queue];
        if (_last[queue] is { } last)
            last.NextOfCaller = item;
        _last[queue] = item;
        _accepted[queue]++;
        _count++;
    }

    /// <summary>Forgets an accepted item.</summary>
    /// <param name="isServed">Otherwise the caller's later items in the queue move up to its turn.</param>
    public void Forget(WaitingItem item, int queue, bool isServed)
    {
        if (!isServed)
            MoveUp(item);
        if (item.NextOfCaller is { } next)
            next.PreviousOfCaller = item.PreviousOfCaller;
        else
            _last[queue] = item.PreviousOfCaller;
        if (item.PreviousOfCaller is { } previous)
            previous.NextOfCaller = item.NextOfCaller;
        item.Items = null;
        item.PreviousOfCaller = null;
        item.NextOfCaller = null;
        _accepted[queue]--;
        _count--;
    }

    public void Expect(int queue, int count)
    {
        _expected[queue] += count;
        _count += count;
    }

    public void AddWaitingForRoom(WaitingItem item, int queue)
    {
        item.Items = this;
        (_waitingForRoom[queue] ??= new ItemList()).Append(item);
        _count++;
    }

    public void RemoveWaitingForRoom(WaitingItem item, int queue)
    {
        _waitingForRoom[queue]!.Remove(item);
        item.Items = null;
        _count--;
    }

    // Whoever else waits is not worse off: the turn that is taken over was another item's of the same length.
    private static void MoveUp(WaitingItem left)
    {
        var free = left.Turn;
        for (var item = left.NextOfCaller; item is not null; item = item.NextOfCaller)
        {
            if (item.Turn <= free)
                continue;
            (item.Turn, free) = (free, item.Turn);
            item.List?.MoveUp(item);
        }
    }
}
