namespace ClipGrpc.Serving.Batching;

/// <summary>A request item as the policy sees it: urgency, length, and since and until when it waits.</summary>
internal class WaitingItem(WorkPriority priority, int length)
{
    /// <summary>As <see cref="PlannedStart"/>: nothing was promised.</summary>
    public const long Unplanned = long.MinValue;

    public WorkPriority Priority { get; } = priority;

    /// <summary>What the item is padded to at least.</summary>
    public int Length { get; } = length;

    /// <summary>Its number in the order of admission.</summary>
    public long Sequence { get; set; }

    public long Enqueued { get; set; }

    public long Deadline { get; set; } = MonotonicClock.Never;

    /// <summary>
    /// When its batch was to start, as computed at admission. Until then the deadline is a promise that nothing added
    /// later may break; after it, the estimate was wrong.
    /// </summary>
    public long PlannedStart { get; set; } = MonotonicClock.Never;

    public bool HasDeadline => Deadline != MonotonicClock.Never;

    /// <summary>May be served after others: it has no deadline, or was admitted though it cannot be met.</summary>
    public bool MayWait => !HasDeadline || PlannedStart == Unplanned;

    /// <summary>The list that it is in, if any, and its neighbors there: the list's to change.</summary>
    public ItemList? List { get; set; }

    public WaitingItem? Previous { get; set; }

    public WaitingItem? Next { get; set; }
}
