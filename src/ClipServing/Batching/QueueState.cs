namespace ClipGrpc.Serving.Batching;

internal enum QueueState
{
    Serving,

    /// <summary>Takes nothing new, answers what it accepted.</summary>
    Draining,

    Closed,

    /// <summary>Its encoder failed for good.</summary>
    Faulted,
}
