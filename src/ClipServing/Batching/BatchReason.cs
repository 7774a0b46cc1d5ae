namespace ClipGrpc.Serving.Batching;

/// <summary>Why a batch started with the size it has.</summary>
internal enum BatchReason
{
    /// <summary>It had no more room.</summary>
    Full,

    /// <summary>The device was free and nothing more waited that belongs into it.</summary>
    WorkConserving,

    /// <summary>The queue delay was over.</summary>
    Delay,

    /// <summary>A larger batch would have ended after the deadline of one of its items.</summary>
    Deadline,
}
