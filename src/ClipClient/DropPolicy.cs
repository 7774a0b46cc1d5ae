namespace ClipGrpc.Client;

/// <summary>What happens to frames that arrive faster than the server classifies them.</summary>
public enum DropPolicy
{
    /// <summary>No frame is dropped: the source is slowed down.</summary>
    None,

    /// <summary>
    /// Per source, one frame runs and one waits. If a newer frame arrives, the waiting one is dropped, and its result
    /// has <see cref="VideoFrameResult.Dropped"/> set.
    /// </summary>
    Latest,
}
