namespace ClipGrpc.Serving.Batching;

internal enum LaneState
{
    Serving,

    /// <summary>Takes nothing new, answers what it accepted.</summary>
    Draining,

    Closed,

    /// <summary>Its encoder failed for good.</summary>
    Faulted,
}
