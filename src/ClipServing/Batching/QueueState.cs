namespace ClipGrpc.Serving.Batching;

internal enum QueueState
{
    Serving,

    /// <summary>Completes accepted items and accepts no new ones.</summary>
    Draining,

    Closed,

    /// <summary>Its encoder failed permanently.</summary>
    Faulted,
}
