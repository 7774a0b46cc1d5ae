namespace ClipGrpc.Serving.Batching;

/// <summary>Why an item was rejected.</summary>
internal enum RejectionReason
{
    QueueFull,

    /// <summary>Its caller uses its whole share of the queue.</summary>
    CallerShare,

    /// <summary>Its deadline cannot be met.</summary>
    Deadline,

    /// <summary>The queue is stopping, is closed or has failed.</summary>
    Unavailable,
}
