namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Items by their turns, those of the same turn in the order of arrival. Removal from the middle is cheap, because
/// callers leave.
/// </summary>
internal sealed class ItemList
{
    private int _count;

    public WaitingItem? First { get; private set; }

    public WaitingItem? Last { get; private set; }

    /// <summary>May be read without the owner's lock.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Those that have a deadline.</summary>
    public int WithDeadline { get; private set; }

    /// <summary>Puts the item where its turn is.</summary>
    public void Add(WaitingItem item)
    {
        var previous = Last;
        while (previous is not null && item.IsBefore(previous))
            previous = previous.Previous;
        InsertAfter(previous, item);
    }

    /// <summary>Puts the item behind all others, whatever its turn.</summary>
    public void Append(WaitingItem item) => InsertAfter(Last, item);

    public void Remove(WaitingItem item)
    {
        WithDeadline -= item.HasDeadline ? 1 : 0;
        if (item.Previous is null)
            First = item.Next;
        else
            item.Previous.Next = item.Next;
        if (item.Next is null)
            Last = item.Previous;
        else
            item.Next.Previous = item.Previous;
        item.List = null;
        item.Previous = null;
        item.Next = null;
        Volatile.Write(ref _count, _count - 1);
    }

    /// <summary>For an item of the list whose turn has become earlier.</summary>
    public void MoveUp(WaitingItem item)
    {
        var previous = item.Previous;
        if (previous is null || !item.IsBefore(previous))
            return;
        while (previous is not null && item.IsBefore(previous))
            previous = previous.Previous;
        Remove(item);
        InsertAfter(previous, item);
    }

    /// <summary>For an item of the list.</summary>
    public void SetDeadline(WaitingItem item, long deadline)
    {
        WithDeadline -= item.HasDeadline ? 1 : 0;
        item.Deadline = deadline;
        WithDeadline += item.HasDeadline ? 1 : 0;
    }

    private void InsertAfter(WaitingItem? previous, WaitingItem item)
    {
        WithDeadline += item.HasDeadline ? 1 : 0;
        item.List = this;
        item.Previous = previous;
        item.Next = previous is null ? First : previous.Next;
        if (item.Previous is null)
            First = item;
        else
            item.Previous.Next = item;
        if (item.Next is null)
            Last = item;
        else
            item.Next.Previous = item;
        Volatile.Write(ref _count, _count + 1);
    }
}
