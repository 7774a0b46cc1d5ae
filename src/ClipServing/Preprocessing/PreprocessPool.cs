using System.Threading.Channels;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>
/// The workers that decode and resize images: a stage of batches of one, with the priorities, the callers' turns, the
/// deadlines, the admission and the waiting for room of the device. They are few, so that they do not take the cores
/// from inference, and their queues are bounded, so that a flood of images is answered and not stored.
/// </summary>
internal sealed class PreprocessPool : IAsyncDisposable
{
    private readonly DynamicBatcher<Job, Job> _batcher;
    private readonly MonotonicClock _clock;
    private readonly DeviceLoad _load;
    private readonly Channel<bool> _wake;
    private readonly Task[] _workers;

    /// <param name="maxCallerShare"><see cref="BatchingOptions.MaxCallerShare"/>.</param>
    public PreprocessPool(PreprocessOptions options, TimeProvider time, double maxCallerShare = 1)
    {
        var threads = options.EffectiveThreads;
        _clock = new MonotonicClock(time);
        _load = new DeviceLoad(threads, _clock);

        // A signal per worker is enough: each takes all work that it finds, and looks again after the last signal.
        _wake = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(threads) { FullMode = BoundedChannelFullMode.DropWrite });
        _batcher = new DynamicBatcher<Job, Job>(
            new BatcherDefinition<Job>
            {
                Name = "image decoding",
                Options = new BatchingOptions
                {
                    MaxBatchSize = 1,
                    QueueCapacity = options.QueueCapacity,
                    MaxCallerShare = maxCallerShare,
                },
                Load = _load,
                Wake = () => _wake.Writer.TryWrite(true),
            },
            _clock);
        _workers = [.. Enumerable.Range(0, threads).Select(worker => Task.Run(() => WorkAsync(worker)))];
    }

    /// <summary>Runs work on one of the workers, unless its caller goes away or its deadline passes first.</summary>
    /// <param name="release">Called with a result whose caller went away meanwhile.</param>
    /// <exception cref="ClipException">As of <see cref="DynamicBatcher{TInput, TResult}.Submit"/>.</exception>
    public async Task<T> RunAsync<T>(Func<T> work, WorkContext context, Action<T>? release = null)
    {
        var job = new Job<T>(work, release);
        await _batcher.Submit(job, context).Task;
        return job.Result;
    }

    /// <summary>When an image that comes now will be prepared.</summary>
    public Readiness WhenServed(WorkContext context) => _batcher.WhenServed(1, context);

    /// <summary>Takes no more work and finishes what it has.</summary>
    public async ValueTask DisposeAsync()
    {
        await _batcher.Drain();
        _batcher.End(QueueState.Closed);
        _wake.Writer.TryComplete();
        await Task.WhenAll(_workers);
    }

    private async Task WorkAsync(int worker)
    {
        var batch = new Batch<Job, Job>(1);
        await foreach (var _ in _wake.Reader.ReadAllAsync())
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
            _batcher.Learn(1, 1, _clock.Between(started, _clock.Now));
            if (!item.Succeed(job))
                job.Release();
        }
        catch (Exception exception)
        {
            item.Fail(exception);
        }

        _batcher.Complete(batch);
    }

    private abstract class Job
    {
        public abstract void Run();

        public abstract void Release();
    }

    private sealed class Job<T>(Func<T> work, Action<T>? release) : Job
    {
        public T Result { get; private set; } = default!;

        public override void Run() => Result = work();

        public override void Release() => release?.Invoke(Result);
    }
}
