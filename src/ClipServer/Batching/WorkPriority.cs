namespace ClipGrpc.Server.Batching;

internal enum WorkPriority
{
    Interactive,

    /// <summary>Runs when nothing interactive waits.</summary>
    Bulk,
}
