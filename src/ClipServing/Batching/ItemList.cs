namespace ClipGrpc.Serving.Batching;

/// <summary>Items in the order of arrival. Removal from the middle is cheap, because callers leave.</summary>
internal sealed class ItemList
{
    private int _count;

    public WaitingItem? First { get; private set; }

    public WaitingItem? Last { get; private set; }

    /// <summary>May be read without the owner's lock.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Those that have a deadline.</summary>
    public int WithDeadline { get; private set; }

    public void Add(WaitingItem item)
    {
        WithDeadline += item.HasDeadline ? 1 : 0;
        item.List = this;
        item.Previous = Last;
        if (Last is null)
            First = item;
        else
            Last.Next = item;
        Last = item;
        Volatile.Write(ref _count, _count + 1);
    }

    public void AddFirst(WaitingItem item)
    {
        WithDeadline += item.HasDeadline ? 1 : 0;
        item.List = this;
        item.Next = First;
        if (First is null)
            Last = item;
        else
            First.Previous = item;
        First = item;
        Volatile.Write(ref _count, _count + 1);
    }

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

    /// <summary>For an item of the list.</summary>
    public void SetDeadline(WaitingItem item, long deadline)
    {
        WithDeadline -= item.HasDeadline ? 1 : 0;
        item.Deadline = deadline;
        WithDeadline += item.HasDeadline ? 1 : 0;
    }
}
