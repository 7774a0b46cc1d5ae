namespace ClipGrpc.Server.Batching;

internal sealed class NullBatchObserver : IBatchObserver
{
    public static readonly NullBatchObserver Instance = new();

    private NullBatchObserver()
    {
    }

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
}
