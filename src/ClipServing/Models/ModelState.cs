namespace ClipGrpc.Serving.Models;

internal enum ModelState
{
    Loading,
    Ready,

    /// <summary>Takes no new work and answers what it had accepted.</summary>
    Draining,

    /// <summary>The runtime failed and could not be brought back.</summary>
    Failed,
}
