using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Serving.Batching;

/// <summary>What a scheduler must know of one tower of one model to serve it.</summary>
internal sealed record TowerQueueDefinition<TInput>
{
    /// <summary>Human-readable, metrics and messages, such as <c>demo/image</c>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Makes one encoder; called once per worker when the queue is added, and again after a failure, on a thread other
    /// than the device's. Encoders may share weights or a session, as long as two may run at once.
    /// </summary>
    public required Func<IEncoder<TInput>> CreateEncoder { get; init; }

    /// <summary>
    /// Called once for each accepted input when the queue will not look at it again, whatever became of it, so that its
    /// memory can be reused.
    /// </summary>
    public Action<TInput>? Release { get; init; }

    /// <summary>The length an item is computed at before rounding, such as its tokens. Null: all are equal.</summary>
    public Func<TInput, int>? Length { get; init; }

    /// <summary>
    /// The lengths, ascending, that items are grouped by. A batch is of one group, and the encoder makes it no longer
    /// than that; an item longer than the last belongs to the last.
    /// </summary>
    public IReadOnlyList<int> LengthBuckets { get; init; } = [1];
}
