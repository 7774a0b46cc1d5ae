namespace ClipGrpc.Serving.Batching;

/// <summary>Why an item was turned away.</summary>
internal enum RejectionReason
{
    QueueFull,

    /// <summary>Its caller has the share of the queue that one caller may have.</summary>
    CallerShare,

    /// <summary>Its deadline cannot be met.</summary>
    Deadline,

    /// <summary>The queue stops, is closed or has failed.</summary>
    Unavailable,
}
