using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>
/// The workers that decode and resize images. They are few, so that they do not take the cores from inference, and
/// their queues are bounded, so that a flood of images is answered and not stored. Interactive images go first, as
/// they do on the device: a bulk job of a thousand images would else hold everybody up for seconds.
/// </summary>
internal sealed class PreprocessPool : IAsyncDisposable
{
    // A full queue of images is some hundred milliseconds of decoding.
    private static readonly TimeSpan RetryAfterFull = TimeSpan.FromMilliseconds(100);

    /// <summary>Interactive images that may overtake waiting bulk ones, as in BatchingOptions.BulkPatience.</summary>
    private const int BulkPatience = 8;

    private readonly Channel<Job> _interactive;
    private readonly Channel<Job> _bulk;
    private readonly SemaphoreSlim _jobs = new(0);
    private readonly Task[] _workers;
    private readonly TimeProvider _time;
    private int _passedBulk;
    private volatile bool _stopped;

    public PreprocessPool(PreprocessOptions options, TimeProvider time)
    {
        _time = time;

        // Capacity bounds the memory of waiting images. TryWrite only: a full queue refuses, it never waits.
        var bounds = new BoundedChannelOptions(options.QueueCapacity) { FullMode = BoundedChannelFullMode.Wait };
        _interactive = Channel.CreateBounded<Job>(bounds);
        _bulk = Channel.CreateBounded<Job>(bounds);
        _workers = [.. Enumerable.Range(0, options.EffectiveThreads).Select(_ => Task.Run(WorkAsync))];
    }

    /// <summary>Runs work on one of the workers, unless its caller goes away or its deadline passes first.</summary>
    /// <exception cref="ClipException">
    /// Overloaded: the queue is full. DeadlineExceeded: it passed in the queue. Unavailable: the pool has stopped.
    /// </exception>
    public Task<T> RunAsync<T>(Func<T> work, WorkContext context)
    {
        context.CancellationToken.ThrowIfCancellationRequested();
        var job = new Job<T>(work, context);
        var queue = context.Priority == WorkPriority.Bulk ? _bulk : _interactive;
        if (queue.Writer.TryWrite(job))
        {
            _jobs.Release();
            return job.Task;
        }

        throw _stopped
            ? new ClipException(ClipErrorCode.Unavailable, "The server is shutting down.")
            : new ClipException(ClipErrorCode.Overloaded, "Too many images wait to be decoded.")
            {
                RetryAfter = RetryAfterFull,
            };
    }

    /// <summary>Takes no more work and finishes what it has.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopped = true;
        _interactive.Writer.TryComplete();
        _bulk.Writer.TryComplete();

        // One more for each worker, which finds nothing and ends.
        _jobs.Release(_workers.Length);
        await Task.WhenAll(_workers);
    }

    private async Task WorkAsync()
    {
        while (true)
        {
            await _jobs.WaitAsync();
            if (!TryTake(out var job))
                return;

            job.Run(_time);
        }
    }

    private bool TryTake([NotNullWhen(true)] out Job? job)
    {
        if (Volatile.Read(ref _passedBulk) < BulkPatience && _interactive.Reader.TryRead(out job))
        {
            if (_bulk.Reader.Count > 0)
                Interlocked.Increment(ref _passedBulk);
            return true;
        }

        Volatile.Write(ref _passedBulk, 0);
        return _bulk.Reader.TryRead(out job) || _interactive.Reader.TryRead(out job);
    }

    private abstract class Job
    {
        public abstract void Run(TimeProvider time);
    }

    private sealed class Job<T>(Func<T> work, WorkContext context) : Job
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => _completion.Task;

        public override void Run(TimeProvider time)
        {
            if (context.CancellationToken.IsCancellationRequested)
            {
                _completion.SetCanceled(context.CancellationToken);
                return;
            }

            if (context.Deadline <= time.GetUtcNow())
            {
                _completion.SetException(new ClipException(
                    ClipErrorCode.DeadlineExceeded, "The deadline passed while the image waited to be decoded."));
                return;
            }

            try
            {
                _completion.SetResult(work());
            }
            catch (Exception exception)
            {
                _completion.SetException(exception);
            }
        }
    }
}
