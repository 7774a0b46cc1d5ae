namespace ClipGrpc.Serving.Batching;

/// <summary>Describes the stage that a batcher forms batches for.</summary>
internal sealed record BatcherDefinition<TInput>
{
    /// <summary>A human-readable name for metrics and messages, such as <c>demo/image</c>.</summary>
    public required string Name { get; init; }

    public required BatchingOptions Options { get; init; }

    /// <summary>Null if nothing is reported.</summary>
    public IBatchObserver? Observer { get; init; }

    /// <summary>The length of an item before padding, such as its number of tokens. Null if all are equal.</summary>
    public Func<TInput, int>? Length { get; init; }

    public IReadOnlyList<int> LengthBuckets { get; init; } = [1];

    /// <inheritdoc cref="TowerQueueDefinition{TInput}.MostPadding"/>
    public double MostPadding { get; init; } = 1;

    /// <summary>
    /// Whether the turn of an item costs its caller as many rounds as the item is long, instead of one.
    /// </summary>
    public bool ChargesLength { get; init; }

    /// <summary>
    /// Called once for each accepted input when it will not be used again, regardless of its result, so that its memory
    /// can be reused.
    /// </summary>
    public Action<TInput>? Release { get; init; }

    /// <summary>When the workers that run the batches will be free.</summary>
    public required DeviceLoad Load { get; init; }

    /// <summary>Adds the work of each other user of the same workers.</summary>
    public Action<List<OtherWork>>? AddOthers { get; init; }

    /// <summary>Called, without a lock, when there may be work.</summary>
    public required Action Wake { get; init; }
}
