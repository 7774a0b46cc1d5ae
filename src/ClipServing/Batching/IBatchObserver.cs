namespace ClipGrpc.Serving.Batching;

/// <summary>
/// What happens in the lanes, for metrics. Called from the callers' and the device's threads at once, on the hot path:
/// quick, thread-safe, no exceptions.
/// </summary>
internal interface IBatchObserver
{
    void BatchStarted(string lane, int size, int capacity, BatchReason reason);

    void BatchFinished(string lane, int size, TimeSpan duration, bool succeeded);

    /// <summary>An entry was put into a batch that starts now.</summary>
    void EntryStarted(string lane, TimeSpan queued);

    void EntryRejected(string lane, RejectionReason reason);

    void EntryDropped(string lane, DropReason reason);

    /// <summary>Entries that wait in the lane, after they became more or fewer.</summary>
    void QueueDepthChanged(string lane, int depth);

    void LaneFaulted(string lane);

    /// <summary>The lane takes entries from now on; one of the same name has ended before.</summary>
    void LaneOpened(string lane);

    /// <summary>The lane has ended and nothing more is reported of it.</summary>
    void LaneClosed(string lane);
}
