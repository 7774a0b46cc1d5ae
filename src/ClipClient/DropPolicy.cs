namespace ClipGrpc.Client;

/// <summary>What happens to frames that arrive faster than the server classifies them.</summary>
public enum DropPolicy
{
    /// <summary>None is dropped: the source is slowed down.</summary>
    None,

    /// <summary>
    /// One frame runs and one waits. When a newer frame arrives, the waiting one is dropped, and its result says so.
    /// </summary>
    Latest,
}
