namespace ClipGrpc.Serving.Batching;

/// <summary>Who waits for a piece of work: how urgent it is, until when, and whether they are still there.</summary>
internal readonly record struct WorkContext(
    WorkPriority Priority, DateTimeOffset? Deadline, CancellationToken CancellationToken)
{
    /// <summary>
    /// A full queue makes it wait instead of fail: for streams, which slow their caller down by not reading on.
    /// </summary>
    public bool WaitsForRoom { get; init; }

    /// <summary>With whom others take turns.</summary>
    public CallerKey Caller { get; init; } = CallerKey.None;

    /// <summary>The call that it is an item of, with others; null: it is alone.</summary>
    public ItemGroup? Group { get; init; }

    /// <summary>
    /// Its deadline was checked before it was prepared: it is not refused for it again, as all the work for it would be
    /// lost.
    /// </summary>
    public bool IsAdmitted { get; init; }

    /// <summary>
    /// Until when the work is of use, without a promise that it is run by then as with a deadline; null: for ever.
    /// </summary>
    public DateTimeOffset? Expiry { get; init; }
}
