using Google.Protobuf;

namespace ClipGrpc.Client.Internal;

/// <summary>The items of one call, and among them those that failed before it.</summary>
internal sealed class Batch<TMessage>
    where TMessage : class, IMessage
{
    // The tag and length before each message in a repeated field.
    private const int FieldOverheadBytes = 6;

    private readonly List<ClipError?> _slots = [];

    public List<TMessage> Messages { get; } = [];

    public int Count => _slots.Count;

    public long Bytes { get; private set; }

    public static int SizeOf(TMessage message) => message.CalculateSize() + FieldOverheadBytes;

    public void Add(TMessage message)
    {
        Messages.Add(message);
        Bytes += SizeOf(message);
        _slots.Add(null);
    }

    public void Add(ClipError error) => _slots.Add(error);

    /// <summary>Puts the call's results, one per message, between the errors.</summary>
    public ClipResult<TResult>[] Merge<TResult>(IReadOnlyList<ClipResult<TResult>> results)
        where TResult : class
    {
        var merged = new ClipResult<TResult>[_slots.Count];
        var next = 0;
        for (var i = 0; i < merged.Length; i++)
            merged[i] = _slots[i] is { } error ? new ClipResult<TResult>(error) : results[next++];
        return merged;
    }
}
