using System.Numerics.Tensors;

namespace ClipGrpc.Serving.Batching;

/// <summary>
/// The items of a caller in the queues of a stage, interactive queues first, each priority in order of length.
/// </summary>
internal sealed class CallerItems(CallerKey caller, int lengths)
{
    private readonly int[] _accepted = new int[2];
    private readonly ItemList[] _waitingForRoom = [new(), new()];
    private readonly int[] _expected = new int[2 * lengths];
    private readonly WaitingItem?[] _last = new WaitingItem?[2 * lengths];

    public CallerKey Caller => caller;

    /// <summary>Whether there is nothing to remember.</summary>
    public bool IsEmpty =>
        Array.TrueForAll(_accepted, count => count == 0)
        && Array.TrueForAll(_waitingForRoom, list => list.Count == 0)
        && Array.TrueForAll(_expected, count => count == 0);

    /// <summary>The number of queued and deferred items of a priority.</summary>
    public int Accepted(WorkPriority priority) => _accepted[(int)priority];

    /// <summary>The number of items of a priority that are being prepared.</summary>
    public int Expected(WorkPriority priority) =>
        TensorPrimitives.Sum<int>(_expected.AsSpan((int)priority * lengths, lengths));

    /// <summary>The number of items for a queue that are being prepared.</summary>
    public int Expected(int queue) => _expected[queue];

    /// <summary>The item of a priority that has waited longest for space, if any.</summary>
    public WaitingItem? FirstWaitingForRoom(WorkPriority priority) => _waitingForRoom[(int)priority].First;

    /// <summary>The items of a priority that wait for space.</summary>
    public ItemList WaitingForRoom(WorkPriority priority) => _waitingForRoom[(int)priority];

    /// <summary>The latest turn of its queued items of a priority; 0 if there is none.</summary>
    public long LastTurn(WorkPriority priority)
    {
        long turn = 0;
        foreach (var last in _last.AsSpan((int)priority * lengths, lengths))
            turn = Math.Max(turn, last?.Turn ?? 0);
        return turn;
    }

    public void Accept(WaitingItem item, int queue)
    {
        item.Items = this;
        item.PreviousOfCaller = _last[queue];
        if (_last[queue] is { } last)
            last.NextOfCaller = item;
        _last[queue] = item;
        _accepted[(int)item.Priority]++;
    }

    /// <summary>Removes an accepted item.</summary>
    /// <param name="isServed">If false, the caller's later items in the queue move up by one turn.</param>
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
        _accepted[(int)item.Priority]--;
    }

    public void Expect(int queue, int count) => _expected[queue] += count;

    public void AddWaitingForRoom(WaitingItem item)
    {
        item.Items = this;
        WaitingForRoom(item.Priority).Append(item);
    }

    public void RemoveWaitingForRoom(WaitingItem item)
    {
        WaitingForRoom(item.Priority).Remove(item);
        item.Items = null;
    }

    // Other callers are not affected: the turn was that of another item of the same length.
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
