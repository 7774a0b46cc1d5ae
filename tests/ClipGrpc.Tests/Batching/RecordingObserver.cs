using System.Collections.Concurrent;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Batching;

internal sealed class RecordingObserver : IBatchObserver
{
    public ConcurrentQueue<(string Queue, int Size, int Capacity, BatchReason Reason)> Started { get; } = new();

    public ConcurrentQueue<(int Size, TimeSpan Duration, bool Succeeded)> Finished { get; } = new();

    public ConcurrentQueue<TimeSpan> Queued { get; } = new();

    public ConcurrentQueue<RejectionReason> Rejected { get; } = new();

    public ConcurrentQueue<DropReason> Dropped { get; } = new();

    public ConcurrentQueue<string> Faulted { get; } = new();

    public ConcurrentQueue<string> Stuck { get; } = new();

    public ConcurrentQueue<string> Opened { get; } = new();

    public ConcurrentQueue<string> Closed { get; } = new();

    public int LastDepth { get; private set; }

    public void BatchStarted(string queue, int size, int capacity, BatchReason reason) =>
        Started.Enqueue((queue, size, capacity, reason));

    public void BatchFinished(string queue, int size, TimeSpan duration, bool succeeded) =>
        Finished.Enqueue((size, duration, succeeded));

    public void ItemStarted(string queue, TimeSpan queued) => Queued.Enqueue(queued);

    public void ItemRejected(string queue, RejectionReason reason) => Rejected.Enqueue(reason);

    public void ItemDropped(string queue, DropReason reason) => Dropped.Enqueue(reason);

    public void QueueDepthChanged(string queue, int depth) => LastDepth = depth;

    public void QueueFaulted(string queue) => Faulted.Enqueue(queue);

    public void BatchStuck(string queue) => Stuck.Enqueue(queue);

    public void QueueOpened(string queue) => Opened.Enqueue(queue);

    public void QueueClosed(string queue) => Closed.Enqueue(queue);
}
