using System.Numerics.Tensors;
using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Serving.Batching;

/// <summary>
/// The warm-up of a tower: batches of copies of a sample, which wait here until a worker of the device takes them, and
/// their durations.
/// </summary>
/// <param name="wake">Called when a batch waits.</param>
internal sealed class TowerWarmUp<TInput>(string name, int workers, MonotonicClock clock, ILogger logger, Action wake)
{
    private readonly Lock _lock = new();
    private readonly Queue<WarmUpRun<TInput>> _waiting = new();
    private readonly TowerQueueErrors _errors = new(name);
    private ClipException? _ended;

    public bool IsWaiting
    {
        get
        {
            lock (_lock)
                return _waiting.Count > 0;
        }
    }

    /// <summary>The duration of a batch of the size: the median of several passes if they are short.</summary>
    /// <exception cref="ClipException">Internal: the encoder failed; and the error of <see cref="End"/>.</exception>
    public async Task<TimeSpan> MeasureAsync(
        TInput sample, int size, WarmUpPlan plan, bool isFirst, CancellationToken cancellationToken)
    {
        var shortest = TimeSpan.MaxValue;
        if (isFirst || plan.RepeatsEverySize)
        {
            shortest = (await RunOnEachAsync(sample, size, cancellationToken))[^1];
            if (shortest > plan.LongestPass)
                return shortest;
        }

        var passes = new List<TimeSpan>();
        do
        {
            passes.AddRange(await RunOnEachAsync(sample, size, cancellationToken));
            passes.Sort();
            shortest = shortest < passes[0] ? shortest : passes[0];
        }
        while (shortest <= plan.ShortPass && passes.Count < plan.ShortPasses * workers);

        return passes[passes.Count / 2];
    }

    public WarmUpRun<TInput>? TryTake()
    {
        lock (_lock)
            return _waiting.TryDequeue(out var run) ? run : null;
    }

    /// <summary>Runs a batch that was taken.</summary>
    /// <returns>The fault of the encoder, or null.</returns>
    public Exception? Run(IEncoder<TInput> encoder, WarmUpRun<TInput> run)
    {
        var inputs = new TInput[run.Size];
        Array.Fill(inputs, run.Sample);
        var embeddings = new float[run.Size * encoder.Dimensions];
        var norms = new float[run.Size];
        var started = clock.Now;
        try
        {
            encoder.WarmUp(inputs, embeddings, norms);
        }
        catch (Exception exception)
        {
            run.Done.TrySetException(_errors.BatchFailed());
            return exception;
        }

        var duration = clock.Between(started, clock.Now);
        if (TensorPrimitives.IsFiniteAll(embeddings) && TensorPrimitives.IsFiniteAll(norms))
            run.Done.TrySetResult(duration);
        else
            run.Done.TrySetException(_errors.WarmUpNotFinite());
        return null;
    }

    /// <summary>Fails the batches that wait, and all later ones.</summary>
    public void End(ClipException error)
    {
        lock (_lock)
        {
            _ended = error;
            while (_waiting.TryDequeue(out var run))
                run.Done.TrySetException(error);
        }
    }

    /// <summary>Runs one batch on each encoder.</summary>
    private async Task<List<TimeSpan>> RunOnEachAsync(TInput sample, int size, CancellationToken cancellationToken)
    {
        var durations = new List<TimeSpan>();
        for (var i = 0; i < workers; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var run = new WarmUpRun<TInput>(sample, size);
            lock (_lock)
            {
                if (_ended is not null)
                    throw _ended;
                _waiting.Enqueue(run);
            }

            wake();
            durations.Add(await run.Done.Task);
            logger.WarmedUp(name, size, durations[^1].TotalSeconds);
        }

        return durations;
    }
}
