namespace ClipGrpc.Serving.Batching;

/// <summary>
/// A list of items in order of their turns and, within a turn, of arrival. Removal from the middle is cheap, because
/// calls can be cancelled.
/// </summary>
internal sealed class ItemList
{
    private int _count;

    public WaitingItem? First { get; private set; }

    public WaitingItem? Last { get; private set; }

    /// <summary>Can be read without the owner's lock.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The number of items with a deadline.</summary>
    public int WithDeadline { get; private set; }

    /// <summary>Inserts the item at its turn.</summary>
    public void Add(WaitingItem item)
    {
        var previous = Last;
        while (previous is not null && item.IsBefore(previous))
            previous = previous.Previous;
        InsertAfter(previous, item);
    }

    /// <summary>Adds the item at the end, regardless of its turn.</summary>
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

    /// <summary>Moves an item of the list whose turn has become earlier.</summary>
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

    /// <summary>Changes the deadline of an item of the list.</summary>
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
