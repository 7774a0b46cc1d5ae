namespace ClipGrpc.Client;

/// <summary>Which queued items run first.</summary>
public enum Priority
{
    /// <summary>Before bulk work.</summary>
    Interactive,

    /// <summary>
    /// When no interactive items are queued, and after a bounded number of batches otherwise, so it is never starved.
    /// For background work.
    /// </summary>
    Bulk,
}
