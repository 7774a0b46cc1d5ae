namespace ClipGrpc.Serving.Batching;

/// <summary>The items that a worker runs together. Belongs to the worker, which reuses it.</summary>
internal sealed class Batch<TInput, TResult>(int capacity)
{
    private readonly WorkItem<TInput, TResult>[] _items = new WorkItem<TInput, TResult>[capacity];
    private readonly TInput[] _inputs = new TInput[capacity];

    public int Count { get; private set; }

    /// <summary>Maximum number of items.</summary>
    public int Limit { get; private set; }

    /// <summary>The length that all items are padded to.</summary>
    public int Length { get; private set; }

    public BatchReason Reason { get; private set; }

    /// <summary>When it was formed.</summary>
    public long Formed { get; private set; }

    public ReadOnlySpan<WorkItem<TInput, TResult>> Items => _items.AsSpan(0, Count);

    public ReadOnlySpan<TInput> Inputs => _inputs.AsSpan(0, Count);

    public void Fill(BatchPlan plan, BatchReason reason, long now)
    {
        foreach (var item in plan.Items)
        {
            _items[Count] = (WorkItem<TInput, TResult>)item;
            _inputs[Count] = _items[Count].Input;
            Count++;
        }

        Limit = plan.Limit;
        Length = plan.Length;
        Reason = reason;
        Formed = now;
    }

    public void Clear()
    {
        Array.Clear(_items, 0, Count);
        Array.Clear(_inputs, 0, Count);
        Count = 0;
    }
}
