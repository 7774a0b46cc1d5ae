using System.Collections.Concurrent;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

internal sealed class RecordingObserver : IBatchObserver
{
    public ConcurrentQueue<(string Lane, int Size, int Capacity, BatchReason Reason)> Started { get; } = new();

    public ConcurrentQueue<(int Size, TimeSpan Duration, bool Succeeded)> Finished { get; } = new();

    public ConcurrentQueue<TimeSpan> Queued { get; } = new();

    public ConcurrentQueue<RejectionReason> Rejected { get; } = new();

    public ConcurrentQueue<DropReason> Dropped { get; } = new();

    public ConcurrentQueue<string> Faulted { get; } = new();

    public ConcurrentQueue<string> Closed { get; } = new();

    public int LastDepth { get; private set; }

    public void BatchStarted(string lane, int size, int capacity, BatchReason reason) =>
        Started.Enqueue((lane, size, capacity, reason));

    public void BatchFinished(string lane, int size, TimeSpan duration, bool succeeded) =>
        Finished.Enqueue((size, duration, succeeded));

    public void EntryStarted(string lane, TimeSpan queued) => Queued.Enqueue(queued);

    public void EntryRejected(string lane, RejectionReason reason) => Rejected.Enqueue(reason);

    public void EntryDropped(string lane, DropReason reason) => Dropped.Enqueue(reason);

    public void QueueDepthChanged(string lane, int depth) => LastDepth = depth;

    public void LaneFaulted(string lane) => Faulted.Enqueue(lane);

    public void LaneOpened(string lane)
    {
    }

    public void LaneClosed(string lane) => Closed.Enqueue(lane);
}
