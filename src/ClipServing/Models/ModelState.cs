namespace ClipGrpc.Serving.Models;

internal enum ModelState
{
    Loading,
    Ready,

    /// <summary>Its device failed and is being restarted: it takes no new work; what it has waits for that.</summary>
    Restarting,

    /// <summary>Takes no new work and answers what it had accepted.</summary>
    Draining,

    /// <summary>The runtime failed and could not be brought back.</summary>
    Failed,
}
