using System.Collections.Concurrent;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>Tells a test when the lanes have come to a state, in place of waiting for some time.</summary>
internal sealed class LaneProbe(IBatchObserver inner) : IBatchObserver
{
    private readonly Lock _lock = new();
    private readonly List<(Func<LaneProbe, bool> Condition, TaskCompletionSource Reached)> _waiters = [];
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

    /// <summary>Entries that wait in all lanes.</summary>
    public int Waiting => _depths.Values.Sum();

    public async Task WhenAsync(Func<LaneProbe, bool> condition)
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

    public void BatchStarted(string lane, int size, int capacity, BatchReason reason) =>
        inner.BatchStarted(lane, size, capacity, reason);

    public void BatchFinished(string lane, int size, TimeSpan duration, bool succeeded) =>
        inner.BatchFinished(lane, size, duration, succeeded);

    public void EntryStarted(string lane, TimeSpan queued)
    {
        inner.EntryStarted(lane, queued);
        Count(ref _started);
    }

    public void EntryRejected(string lane, RejectionReason reason)
    {
        inner.EntryRejected(lane, reason);
        Count(ref _rejected);
    }

    public void EntryDropped(string lane, DropReason reason)
    {
        inner.EntryDropped(lane, reason);
        Count(ref _dropped);
    }

    public void QueueDepthChanged(string lane, int depth)
    {
        inner.QueueDepthChanged(lane, depth);
        _depths[lane] = depth;
        lock (_lock)
            Check();
    }

    public void LaneFaulted(string lane) => inner.LaneFaulted(lane);

    public void LaneOpened(string lane) => inner.LaneOpened(lane);

    public void LaneClosed(string lane) => inner.LaneClosed(lane);

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
