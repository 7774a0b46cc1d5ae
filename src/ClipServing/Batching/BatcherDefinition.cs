namespace ClipGrpc.Serving.Batching;

/// <summary>What a batcher must know of the stage that it feeds.</summary>
internal sealed record BatcherDefinition<TInput>
{
    /// <summary>Human-readable, metrics and messages, such as <c>demo/image</c>.</summary>
    public required string Name { get; init; }

    public required BatchingOptions Options { get; init; }

    /// <summary>Null: nothing is reported.</summary>
    public IBatchObserver? Observer { get; init; }

    /// <summary>The length an item is computed at before rounding, such as its tokens. Null: all are equal.</summary>
    public Func<TInput, int>? Length { get; init; }

    public IReadOnlyList<int> LengthBuckets { get; init; } = [1];

    /// <summary>
    /// Called once for each accepted input when nobody will look at it again, whatever became of it, so that its memory
    /// can be used again.
    /// </summary>
    public Action<TInput>? Release { get; init; }

    /// <summary>When the workers that take batches are free.</summary>
    public required DeviceLoad Load { get; init; }

    /// <summary>Adds the work of each other user of the same workers.</summary>
    public Action<List<OtherWork>>? AddOthers { get; init; }

    /// <summary>Called without a lock when there may be work.</summary>
    public required Action Wake { get; init; }
}
