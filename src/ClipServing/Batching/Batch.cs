namespace ClipGrpc.Serving.Batching;

/// <summary>The entries that go through the device together. Belongs to an encoder and is used again and again.</summary>
internal sealed class Batch<TInput>(int capacity)
{
    private readonly WorkItem<TInput>[] _items = new WorkItem<TInput>[capacity];
    private readonly TInput[] _inputs = new TInput[capacity];
    private readonly float[] _norms = new float[capacity];

    public int Capacity => _items.Length;

    /// <summary>Entries that this one takes, at most <see cref="Capacity"/>.</summary>
    public int Limit { get; private set; }

    public int Count { get; private set; }

    /// <summary>What all entries are padded to.</summary>
    public int Length { get; private set; }

    public BatchReason Reason { get; set; }

    public bool IsFull => Count == Limit;

    public long Units => (long)Count * Length;

    public ReadOnlySpan<WorkItem<TInput>> Items => _items.AsSpan(0, Count);

    public ReadOnlySpan<TInput> Inputs => _inputs.AsSpan(0, Count);

    public Span<float> Norms => _norms.AsSpan(0, Count);

    public void Start(int length, int limit)
    {
        Length = length;
        Limit = limit;
        Reason = BatchReason.WorkConserving;
    }

    public void Add(WorkItem<TInput> item)
    {
        _inputs[Count] = item.Input;
        _items[Count++] = item;
    }

    public void Clear()
    {
        Array.Clear(_items, 0, Count);
        Array.Clear(_inputs, 0, Count);
        Count = 0;
    }
}
