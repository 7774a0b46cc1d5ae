using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models.Cards;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Models;
using ClipGrpc.Serving.Preprocessing;
using ClipGrpc.Tests.Batching;

namespace ClipGrpc.Tests.Serving;

public sealed class RunningModelTests : BatchingTest
{
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(5);

    private readonly ManualResetEventSlim _decoderFree = new();
    private readonly FreedWeights _weights = new();

    // Not RGB, so that a worker is needed for it.
    private static RawImageInput Pixel { get; } = new(
        new RawPixels(1, 1, 0, PixelFormat.Bgr24, ColorMatrix.Bt601, new byte[3]),
        new DecodeOptions(AlphaMode.Drop, false));

    private static WorkContext Context => new(WorkPriority.Interactive, null, CancellationToken.None);

    [Fact(Timeout = 30_000)]
    public async Task DisposeAsync_ImageWaitsToBeDecoded_AnswersItAndTakesNoMore()
    {
        await using var pool = Pool();
        var model = Running(pool);
        var accepted = model.EmbedAsync(Pixel, Context);

        var ending = model.DisposeAsync().AsTask();

        var refused = await Assert.ThrowsAsync<ClipException>(() => model.EmbedAsync(Pixel, Context));
        Assert.Equal(ClipErrorCode.Unavailable, refused.Code);
        _decoderFree.Set();
        Assert.Equal(2, (await accepted.WaitAsync(Limit)).Vector.Length);
        await ending.WaitAsync(Limit);
        Assert.True(_weights.Freed);
    }

    [Fact(Timeout = 30_000)]
    public async Task DisposeAsync_ImageIsNotDecodedInTime_TurnsItAway()
    {
        await using var pool = Pool();
        var model = Running(pool);
        var accepted = model.EmbedAsync(Pixel, Context);
        var ending = model.DisposeAsync().AsTask();

        Clock.Advance(DrainLimit);

        await ending.WaitAsync(Limit);
        _decoderFree.Set();
        var error = await Assert.ThrowsAsync<ClipException>(() => accepted.WaitAsync(Limit));
        Assert.Equal(ClipErrorCode.Unavailable, error.Code);
    }

    [Fact(Timeout = 30_000)]
    public async Task DisposeAsync_ImageWaitsToBeDecoded_TellsThatItEndsBeforeItHas()
    {
        await using var pool = Pool();
        var model = Running(pool);
        Assert.False(model.Ending.IsCancellationRequested);
        var accepted = model.EmbedAsync(Pixel, Context);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = model.Ending.Register(told.SetResult);

        var ending = model.DisposeAsync().AsTask();

        await told.Task.WaitAsync(Limit);
        Assert.False(accepted.IsCompleted);
        Assert.Equal(ClipErrorCode.Unavailable, model.CreateEndError().Code);
        Assert.Contains("unloaded", model.CreateEndError().Message);
        _decoderFree.Set();
        await accepted.WaitAsync(Limit);
        await ending.WaitAsync(Limit);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _decoderFree.Dispose();
    }

    /// <summary>One worker that is busy until the test lets it go.</summary>
    private PreprocessPool Pool()
    {
        var pool = new PreprocessPool(new PreprocessOptions { Threads = 1 }, Clock);
        _ = pool.RunAsync(() => _decoderFree.Wait(Limit), Context);
        return pool;
    }

    private RunningModel Running(PreprocessPool pool)
    {
        var queue = Scheduler.AddQueue(new TowerQueueDefinition<ReadOnlyMemory<byte>>
        {
            Name = "m/image",
            CreateEncoder = () => new BlankEncoder(),
            Release = ImageEmbedder.Release,
        });
        var preprocessor = new ImagePreprocessor(new ImageTransform(1, CropRounding.Floor), new ImageLimits());
        return new RunningModel(
            Info, new ImageEmbedder(preprocessor, pool, queue, Clock), texts: null!, [queue], _weights, Clock)
        {
            DrainLimit = DrainLimit,
        };
    }

    private static ModelInfo Info { get; } = new()
    {
        Name = "m",
        Source = "m",
        Identity = "r",
        Revision = "r",
        Precision = "fp32",
        Provider = "CPU",
        Device = "cpu",
        Config = null!,
        LogitScale = 100,
        Parameters = 1,
        MaxBatchSize = 4,
        Card = new ModelCard(),
    };

    private sealed class BlankEncoder : IEncoder<ReadOnlyMemory<byte>>
    {
        public int Dimensions => 2;

        public void Encode(ReadOnlySpan<ReadOnlyMemory<byte>> inputs, Span<float> embeddings, Span<float> norms) =>
            embeddings.Fill(1);

        public void Dispose()
        {
        }
    }

    private sealed class FreedWeights : IDisposable
    {
        public bool Freed { get; private set; }

        public void Dispose() => Freed = true;
    }
}
