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

    /// <summary>Until when work without a deadline is waited for; null: for ever.</summary>
    public DateTimeOffset? Expiry { get; init; }
}
