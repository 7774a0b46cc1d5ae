using System.Threading.Channels;
using ClipGrpc.Server.Batching;
using ClipGrpc.Server.Hosting;

namespace ClipGrpc.Server.Engine;

/// <summary>
/// The workers that decode and resize pictures. They are few, so that they do not take the cores from inference, and
/// their queue is bounded, so that a flood of pictures is answered and not stored.
/// </summary>
internal sealed class PreprocessPool : IAsyncDisposable
{
    // A full queue of pictures is some hundred milliseconds of decoding.
    private static readonly TimeSpan RetryAfterFull = TimeSpan.FromMilliseconds(100);

    private readonly Channel<Job> _queue;
    private readonly Task[] _workers;
    private readonly TimeProvider _time;

    public PreprocessPool(PreprocessOptions options, TimeProvider time)
    {
        _time = time;

        // Capacity bounds the memory of waiting pictures. TryWrite only: a full queue is an answer, never a wait.
        _queue = Channel.CreateBounded<Job>(
            new BoundedChannelOptions(options.QueueCapacity) { FullMode = BoundedChannelFullMode.Wait });
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
        if (_queue.Writer.TryWrite(job)) return job.Task;

        throw _queue.Reader.Completion.IsCompleted
            ? new ClipException(ClipErrorCode.Unavailable, "The server is shutting down.")
            : new ClipException(ClipErrorCode.Overloaded, "Too many pictures wait to be decoded.")
            {
                RetryAfter = RetryAfterFull,
            };
    }

    /// <summary>Takes no more work and finishes what it has.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await Task.WhenAll(_workers);
    }

    private async Task WorkAsync()
    {
        await foreach (var job in _queue.Reader.ReadAllAsync()) job.Run(_time);
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
                    ClipErrorCode.DeadlineExceeded, "The deadline passed while the picture waited to be decoded."));
                return;
            }

            try
            {
                _completion.SetResult(work());
            }
            catch (Exception e)
            {
                _completion.SetException(e);
            }
        }
    }
}
