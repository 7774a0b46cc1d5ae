namespace ClipGrpc.Client.Internal;

/// <summary>An item of a stream that the caller has no result of yet.</summary>
/// <param name="Number">Its position in the source, from 0.</param>
/// <param name="Item">The item.</param>
/// <param name="Order">Results of items of the same order come in their order; null means in any.</param>
internal sealed record StreamItem<TItem, TResult>(long Number, TItem Item, string? Order)
    where TResult : class
{
    /// <summary>It was sent on the current connection.</summary>
    public bool IsSent { get; set; }

    /// <summary>How many items were sent before it on the current connection.</summary>
    public long SentIndex { get; set; }

    /// <summary>The error of an item that could not be read, which waits for the results before it.</summary>
    public TResult? Error { get; set; }
}
