namespace ClipGrpc.Serving.Batching;

/// <summary>A queued request item for the policy: its caller, priority, length, arrival and deadline.</summary>
internal class WaitingItem(WorkPriority priority, int length)
{
    /// <summary>The <see cref="PlannedStart"/> of an item that has none.</summary>
    public const long Unplanned = long.MinValue;

    public WorkPriority Priority { get; } = priority;

    /// <summary>The minimum length that the item is padded to.</summary>
    public int Length { get; } = length;

    public CallerKey Caller { get; set; } = CallerKey.None;

    /// <summary>The call of the item, or null if it is the call's only item.</summary>
    public ItemGroup? Group { get; init; }

    /// <summary>The round of its caller's turn; 0 while it has none.</summary>
    public long Turn { get; set; }

    /// <summary>Its number in order of admission, which is the order within a round.</summary>
    public long Sequence { get; set; }

    public long Enqueued { get; set; }

    public long Deadline { get; set; } = MonotonicClock.Never;

    /// <summary>When the item expires. Unlike the deadline, it is ignored at admission.</summary>
    public long Expiry { get; set; } = MonotonicClock.Never;

    /// <summary>
    /// The start of its batch, as estimated at admission. Until then, later items must not make this item late; after
    /// it, the estimate was wrong.
    /// </summary>
    public long PlannedStart { get; set; } = MonotonicClock.Never;

    /// <summary>When it is not run any more: at its deadline or expiry.</summary>
    public long End => Math.Min(Deadline, Expiry);

    public bool HasDeadline => Deadline != MonotonicClock.Never;

    /// <summary>Whether it can be deferred: it has no deadline, or was admitted although it cannot be met.</summary>
    public bool MayWait => !HasDeadline || PlannedStart == Unplanned;

    /// <summary>Its list, if any, and its neighbors there. Set by the list.</summary>
    public ItemList? List { get; set; }

    public WaitingItem? Previous { get; set; }

    public WaitingItem? Next { get; set; }

    /// <summary>The items of its caller, and its neighbors there in the same queue. Set by these items.</summary>
    public CallerItems? Items { get; set; }

    public WaitingItem? PreviousOfCaller { get; set; }

    public WaitingItem? NextOfCaller { get; set; }

    public bool IsBefore(WaitingItem other) => Turn != other.Turn ? Turn < other.Turn : Sequence < other.Sequence;
}
