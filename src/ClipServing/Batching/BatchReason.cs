namespace ClipGrpc.Serving.Batching;

/// <summary>Why a batch started with its size.</summary>
internal enum BatchReason
{
    /// <summary>It was full.</summary>
    Full,

    /// <summary>The device was free and no further item was queued for it.</summary>
    WorkConserving,

    /// <summary>The queue delay was over.</summary>
    Delay,

    /// <summary>A larger batch would have ended after the deadline of one of its items.</summary>
    Deadline,
}
