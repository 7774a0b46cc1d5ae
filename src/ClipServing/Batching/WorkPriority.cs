namespace ClipGrpc.Serving.Batching;

internal enum WorkPriority
{
    Interactive,

    /// <summary>Runs when nothing interactive waits.</summary>
    Bulk,
}
