namespace ClipGrpc.Serving.Batching;

/// <summary>Describes the items of a stage: their name, lengths and memory.</summary>
internal abstract record StageDefinition<TInput>
{
    /// <summary>A human-readable name for metrics and messages, such as <c>demo/image</c>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Called once for each accepted input when it will not be used again, regardless of its result, so that its memory
    /// can be reused.
    /// </summary>
    public Action<TInput>? Release { get; init; }

    /// <summary>The length of an item before padding, such as its number of tokens. Null if all are equal.</summary>
    public Func<TInput, int>? Length { get; init; }

    /// <summary>
    /// The upper bounds, ascending, of the length buckets. A batch has one bucket, and the encoder does not pad it
    /// beyond its bound. An item that is longer than the last bound belongs to the last bucket.
    /// </summary>
    public IReadOnlyList<int> LengthBuckets { get; init; } = [1];

    /// <summary>
    /// The most that padding shorter items to the batch's bucket may add, as a fraction of the batch, even if it costs
    /// less than a separate batch.
    /// </summary>
    public double MostPadding { get; init; } = 1;
}
