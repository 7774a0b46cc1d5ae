using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace ClipGrpc.Serving.Batching;

/// <summary>The entries of one priority and one length bucket, in the order of their arrival.</summary>
internal sealed class LaneQueue<TInput>
{
    private readonly Channel<WorkItem<TInput>> _channel;
    private readonly int _capacity;
    private int _waiting;

    public LaneQueue(WorkPriority priority, int length, int capacity)
    {
        _capacity = capacity;
        Priority = priority;
        Length = length;

        // Capacity: QueueCapacity. Full: TryWrite says no (Wait mode), and the caller is answered at once, because an
        // unbounded or blocking queue would only turn overload into missed deadlines.
        _channel = Channel.CreateBounded<WorkItem<TInput>>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait });
    }

    public WorkPriority Priority { get; }

    /// <summary>What each entry is padded to.</summary>
    public int Length { get; }

    /// <summary>Entries that someone still waits for.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Nothing is in it, not even what was cancelled.</summary>
    public bool IsEmpty => _channel.Reader.Count == 0;

    public bool IsFull => _channel.Reader.Count >= _capacity;

    /// <summary>False when the queue is full or closed.</summary>
    public bool TryAdd(WorkItem<TInput> item) => _channel.Writer.TryWrite(item);

    public void CountWaiting() => Interlocked.Increment(ref _waiting);

    public void CountTaken() => Interlocked.Decrement(ref _waiting);

    /// <summary>The oldest entry that still waits. Those before it, which do not, are removed.</summary>
    public bool TryPeek([NotNullWhen(true)] out WorkItem<TInput>? item)
    {
        while (_channel.Reader.TryPeek(out item))
        {
            if (item.IsWaiting)
                return true;
            RemoveHead();
        }

        return false;
    }

    public void RemoveHead() => _channel.Reader.TryRead(out _);

    public void Close() => _channel.Writer.TryComplete();
}
