namespace ClipGrpc.Serving.Batching;

/// <summary>A request item as the policy sees it: caller, urgency, length, and since and until when it waits.</summary>
internal class WaitingItem(WorkPriority priority, int length)
{
    /// <summary>As <see cref="PlannedStart"/>: nothing was promised.</summary>
    public const long Unplanned = long.MinValue;

    public WorkPriority Priority { get; } = priority;

    /// <summary>What the item is padded to at least.</summary>
    public int Length { get; } = length;

    public CallerKey Caller { get; set; } = CallerKey.None;

    /// <summary>The call that it is an item of; null: no other is of its call.</summary>
    public ItemGroup? Group { get; init; }

    /// <summary>The round in which it is served: callers take turns. 0 while it has none.</summary>
    public long Turn { get; set; }

    /// <summary>Its number in the order of admission, which decides within a round.</summary>
    public long Sequence { get; set; }

    public long Enqueued { get; set; }

    public long Deadline { get; set; } = MonotonicClock.Never;

    /// <summary>When an item without a deadline is given up. Not a promise, and nothing is refused for it.</summary>
    public long Expiry { get; set; } = MonotonicClock.Never;

    /// <summary>
    /// When its batch was to start, as computed at admission. Until then the deadline is a promise that nothing added
    /// later may break; after it, the estimate was wrong.
    /// </summary>
    public long PlannedStart { get; set; } = MonotonicClock.Never;

    /// <summary>When nobody waits for it any more.</summary>
    public long End => Math.Min(Deadline, Expiry);

    public bool HasDeadline => Deadline != MonotonicClock.Never;

    /// <summary>May be served after others: it has no deadline, or was admitted though it cannot be met.</summary>
    public bool MayWait => !HasDeadline || PlannedStart == Unplanned;

    /// <summary>The list that it is in, if any, and its neighbors there: the list's to change.</summary>
    public ItemList? List { get; set; }

    public WaitingItem? Previous { get; set; }

    public WaitingItem? Next { get; set; }

    /// <summary>Its caller's items, and its neighbors there in the same queue: theirs to change.</summary>
    public CallerItems? Items { get; set; }

    public WaitingItem? PreviousOfCaller { get; set; }

    public WaitingItem? NextOfCaller { get; set; }

    public bool IsBefore(WaitingItem other) => Turn != other.Turn ? Turn < other.Turn : Sequence < other.Sequence;
}
