namespace ClipGrpc.Serving.Batching;

/// <summary>The decision of the policy: the items that run together, and those that are rejected.</summary>
internal sealed class BatchPlan
{
    public List<WaitingItem> Items { get; } = [];

    /// <summary>Items whose deadline has passed.</summary>
    public List<WaitingItem> Expired { get; } = [];

    /// <summary>Items whose deadline would pass before the end of their batch.</summary>
    public List<WaitingItem> Late { get; } = [];

    /// <summary>The length that all items are padded to.</summary>
    public int Length { get; private set; }

    /// <summary>Maximum number of items.</summary>
    public int Limit { get; private set; }

    public BatchReason Reason { get; set; }

    /// <summary>The value of <see cref="ItemQueues.BatchesPastBulk"/> after this batch.</summary>
    public int BatchesPastBulk { get; set; }

    public bool IsFull => Items.Count >= Limit;

    public bool IsEmpty => Items.Count == 0;

    public long Units => (long)Items.Count * Length;

    public bool HasBulk => Items.Exists(item => item.Priority == WorkPriority.Bulk);

    public void Start(int length, int limit)
    {
        Length = length;
        Limit = limit;
        Reason = BatchReason.WorkConserving;
    }

    public void Clear()
    {
        Items.Clear();
        Expired.Clear();
        Late.Clear();
    }
}
