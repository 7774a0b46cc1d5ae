using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>
/// Threads that decode and resize images of similar cost: a stage of batches of one, with the priorities, the callers'
/// turns, the deadlines, the admission and the waiting for room of the device. A turn costs as much as its image.
/// </summary>
internal sealed class PreprocessStage : IAsyncDisposable
{
    private readonly object _lock = new(); // an object instead of a Lock, because threads wait on it
    private readonly DynamicBatcher<Job, Job> _batcher;
    private readonly MonotonicClock _clock;
    private readonly DeviceLoad _load;
    private readonly Task[] _threads;
    private int _signals;
    private bool _stopped;

    /// <param name="costs">The classes of costs, ascending; what costs more than the last counts as this.</param>
    public PreprocessStage(
        string name, IReadOnlyList<int> costs, int threads, BatchingOptions options, TimeProvider time)
    {
        _clock = new MonotonicClock(time);
        _load = new DeviceLoad(threads, _clock);
        _batcher = new DynamicBatcher<Job, Job>(
            new BatcherDefinition<Job>
            {
                Name = name,
                Options = options,
                Length = job => job.Cost,
                LengthBuckets = costs,
                ChargesLength = true,
                Load = _load,
                Wake = Wake,
            },
            _clock);
        _threads = [.. Enumerable.Range(0, threads).Select(worker => Task.Factory.StartNew(
            () => Work(worker), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
    }

    /// <inheritdoc cref="PreprocessPool.RunAsync"/>
    public async Task<T> RunAsync<T>(Func<T> work, int cost, WorkContext context, Action<T>? release)
    {
        var job = new Job<T>(work, cost, release);
        await _batcher.Submit(job, context).Task;
        return job.Result;
    }

    public Readiness WhenServed(int cost, WorkContext context) => _batcher.WhenServed(cost, context);

    public async ValueTask DisposeAsync()
    {
        await _batcher.Drain();
        _batcher.End(QueueState.Closed);
        lock (_lock)
        {
            _stopped = true;
            Monitor.PulseAll(_lock);
        }

        await Task.WhenAll(_threads);
    }

    /// <summary>A signal per thread is enough: each takes all work that it finds, and looks again after the last.
    /// </summary>
    private void Wake()
    {
        lock (_lock)
        {
            _signals = Math.Min(_signals + 1, _load.Workers);
            Monitor.Pulse(_lock);
        }
    }

    private bool WaitForSignal()
    {
        lock (_lock)
        {
            while (_signals == 0 && !_stopped)
                Monitor.Wait(_lock);
            _signals = Math.Max(_signals - 1, 0);
            return !_stopped;
        }
    }

    private void Work(int worker)
    {
        var batch = new Batch<Job, Job>(1);
        while (WaitForSignal())
        {
            while (_batcher.TakeBatch(batch, worker))
            {
                Run(batch);
                _load.Finish(worker);
            }
        }
    }

    private void Run(Batch<Job, Job> batch)
    {
        var item = batch.Items[0];
        var job = item.Input;
        var started = _clock.Now;
        try
        {
            job.Run();
            _batcher.Learn(1, item.Length, _clock.Between(started, _clock.Now));
            if (!item.Succeed(job))
                job.Release();
        }
        catch (Exception exception)
        {
            item.Fail(exception);
        }

        _batcher.Complete(batch);
    }

    private abstract class Job(int cost)
    {
        public int Cost => cost;

        public abstract void Run();

        public abstract void Release();
    }

    private sealed class Job<T>(Func<T> work, int cost, Action<T>? release) : Job(cost)
    {
        public T Result { get; private set; } = default!;

        public override void Run() => Result = work();

        public override void Release() => release?.Invoke(Result);
    }
}
