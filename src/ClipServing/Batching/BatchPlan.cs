namespace ClipGrpc.Serving.Batching;

/// <summary>What the policy decided: the items that run together, and those that are turned away instead.</summary>
internal sealed class BatchPlan
{
    public List<WaitingItem> Items { get; } = [];

    /// <summary>Their deadline has passed.</summary>
    public List<WaitingItem> Expired { get; } = [];

    /// <summary>Their deadline would pass before their batch ended.</summary>
    public List<WaitingItem> Late { get; } = [];

    /// <summary>What all items are padded to.</summary>
    public int Length { get; private set; }

    /// <summary>Items that it takes at most.</summary>
    public int Limit { get; private set; }

    public BatchReason Reason { get; set; }

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
