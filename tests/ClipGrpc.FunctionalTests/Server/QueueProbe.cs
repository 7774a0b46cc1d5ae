using System.Collections.Concurrent;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>Tells a test when the queues have come to a state, in place of waiting for some time.</summary>
internal sealed class QueueProbe(IBatchObserver inner) : IBatchObserver
{
    private readonly Lock _lock = new();
    private readonly List<(Func<QueueProbe, bool> Condition, TaskCompletionSource Reached)> _waiters = [];
    private readonly ConcurrentDictionary<string, int> _depths = new();
    private int _started;
    private int _rejected;
    private int _dropped;

    /// <summary>Entries that were put into a batch.</summary>
    public int Started => Volatile.Read(ref _started);

    /// <summary>Entries that were turned away.</summary>
    public int Rejected => Volatile.Read(ref _rejected);

    /// <summary>Entries that left their queue without being run.</summary>
    public int Dropped => Volatile.Read(ref _dropped);

    /// <summary>Entries that wait in all queues.</summary>
    public int Waiting => _depths.Values.Sum();

    public async Task WhenAsync(Func<QueueProbe, bool> condition)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiters.Add((condition, reached));
            Check();
        }

        try
        {
            await reached.Task.WaitAsync(RunningServer.Limit);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Not reached: {Started} started, {Waiting} wait, {Dropped} dropped, {Rejected} rejected.");
        }
    }

    public void BatchStarted(string queue, int size, int capacity, BatchReason reason) =>
        inner.BatchStarted(queue, size, capacity, reason);

    public void BatchFinished(string queue, int size, TimeSpan duration, bool succeeded) =>
        inner.BatchFinished(queue, size, duration, succeeded);

    public void ItemStarted(string queue, TimeSpan queued)
    {
        inner.ItemStarted(queue, queued);
        Count(ref _started);
    }

    public void ItemRejected(string queue, RejectionReason reason)
    {
        inner.ItemRejected(queue, reason);
        Count(ref _rejected);
    }

    public void ItemDropped(string queue, DropReason reason)
    {
        inner.ItemDropped(queue, reason);
        Count(ref _dropped);
    }

    public void QueueDepthChanged(string queue, int depth)
    {
        inner.QueueDepthChanged(queue, depth);
        _depths[queue] = depth;
        lock (_lock)
            Check();
    }

    public void QueueFaulted(string queue) => inner.QueueFaulted(queue);

    public void BatchStuck(string queue) => inner.BatchStuck(queue);

    public void QueueOpened(string queue) => inner.QueueOpened(queue);

    public void QueueClosed(string queue) => inner.QueueClosed(queue);

    private void Count(ref int counter)
    {
        Interlocked.Increment(ref counter);
        lock (_lock)
            Check();
    }

    private void Check()
    {
        foreach (var (condition, reached) in _waiters)
        {
            if (!reached.Task.IsCompleted && condition(this))
                reached.SetResult();
        }
    }
}
