namespace ClipGrpc.Serving.Batching;

/// <summary>For a stage that is not reported.</summary>
internal sealed class NoObserver : IBatchObserver
{
    public void BatchStarted(string lane, int size, int capacity, BatchReason reason)
    {
    }

    public void BatchFinished(string lane, int size, TimeSpan duration, bool succeeded)
    {
    }

    public void EntryStarted(string lane, TimeSpan queued)
    {
    }

    public void EntryRejected(string lane, RejectionReason reason)
    {
    }

    public void EntryDropped(string lane, DropReason reason)
    {
    }

    public void QueueDepthChanged(string lane, int depth)
    {
    }

    public void LaneFaulted(string lane)
    {
    }

    public void LaneOpened(string lane)
    {
    }

    public void LaneClosed(string lane)
    {
    }
}
