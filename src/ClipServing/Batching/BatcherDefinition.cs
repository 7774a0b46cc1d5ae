namespace ClipGrpc.Serving.Batching;

/// <summary>Describes the stage that a batcher forms batches for.</summary>
internal sealed record BatcherDefinition<TInput> : StageDefinition<TInput>
{
    public required BatchingOptions Options { get; init; }

    /// <summary>Null if nothing is reported.</summary>
    public IBatchObserver? Observer { get; init; }

    /// <summary>
    /// Whether the turn of an item costs its caller as many rounds as the item is long, instead of one.
    /// </summary>
    public bool ChargesLength { get; init; }

    /// <summary>When the workers that run the batches will be free.</summary>
    public required DeviceLoad Load { get; init; }

    /// <summary>Adds the work of each other user of the same workers.</summary>
    public Action<List<OtherWork>>? AddOthers { get; init; }

    /// <summary>Called, without a lock, when there may be work.</summary>
    public required Action Wake { get; init; }
}
