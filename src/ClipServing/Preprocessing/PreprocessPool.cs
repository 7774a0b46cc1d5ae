using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>
/// The threads that decode and resize images. Decoding cannot be interrupted, so large images, which can take seconds,
/// have a stage of their own: no small image waits for one, because the operating system divides the cores between the
/// threads of both stages. The threads are few and the queues bounded, so that a flood of images is rejected instead of
/// stored.
/// </summary>
internal sealed class PreprocessPool : IAsyncDisposable
{
    /// <summary>The unit of <see cref="SmallCosts"/>, in units of <see cref="DecodeCost"/>.</summary>
    private const int CostUnit = 1 << 19;

    /// <summary>The largest are JPEGs of about three million pixels and PNGs of two million.</summary>
    private static readonly int[] SmallCosts = [1, 4, 16];

    private static readonly int[] LargeCosts = [32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192];

    private readonly PreprocessStage _small;
    private readonly PreprocessStage _large;

    /// <param name="maxCallerShare"><see cref="BatchingOptions.MaxCallerShare"/>.</param>
    public PreprocessPool(PreprocessOptions options, TimeProvider time, double maxCallerShare = 1)
    {
        var batching = new BatchingOptions
        {
            MaxBatchSize = 1,
            QueueCapacity = options.QueueCapacity,
            MaxCallerShare = maxCallerShare,
        };
        _small = new PreprocessStage("image decoding", SmallCosts, options.EffectiveThreads, batching, time);
        _large = new PreprocessStage("large image decoding", LargeCosts, options.EffectiveThreads, batching, time);
    }

    /// <summary>Runs work on one of the threads, unless its caller goes away or its deadline passes first.</summary>
    /// <param name="release">Called with a result whose caller went away meanwhile.</param>
    /// <param name="cost">By <see cref="DecodeCost"/>.</param>
    /// <exception cref="ClipException">As of <see cref="DynamicBatcher{TInput, TResult}.Submit"/>.</exception>
    public Task<T> RunAsync<T>(Func<T> work, WorkContext context, Action<T>? release = null, long cost = 0) =>
        StageOf(cost).RunAsync(work, UnitsOf(cost), context, release);

    /// <summary>When an image that comes now will be prepared.</summary>
    public Readiness WhenServed(WorkContext context, long cost = 0) =>
        StageOf(cost).WhenServed(UnitsOf(cost), context);

    /// <summary>Takes no more work and finishes what it has.</summary>
    public async ValueTask DisposeAsync() =>
        await Task.WhenAll(_small.DisposeAsync().AsTask(), _large.DisposeAsync().AsTask());

    private PreprocessStage StageOf(long cost) => UnitsOf(cost) <= SmallCosts[^1] ? _small : _large;

    private static int UnitsOf(long cost) =>
        (int)Math.Clamp(Math.Ceiling(cost / (double)CostUnit), 1, LargeCosts[^1]);
}
