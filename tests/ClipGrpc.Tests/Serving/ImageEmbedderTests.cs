using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Models;
using ClipGrpc.Serving.Preprocessing;
using ClipGrpc.Tests.Batching;

namespace ClipGrpc.Tests.Serving;

public sealed class ImageEmbedderTests : BatchingTest
{
    // Not RGB, so that a worker is needed for it.
    private static RawImageInput Pixel { get; } = new(
        new RawPixels(1, 1, 0, PixelFormat.Bgr24, ColorMatrix.Bt601, new byte[3]),
        new DecodeOptions(AlphaMode.Drop, false));

    [Fact(Timeout = 60_000)]
    public async Task EmbedAsync_DecodingLeavesNoTimeForTheModel_IsRefusedBeforeItIsDecoded()
    {
        await using var pool = new PreprocessPool(new PreprocessOptions { Threads = 1 }, Clock);
        var embedder = await EmbedderAsync(pool);
        await pool.RunAsync(() => TakeSeconds(1), Until(null)).WaitAsync(Limit);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var free = new ManualResetEventSlim();
        var running = pool.RunAsync(
            () =>
            {
                started.SetResult();
                return free.Wait(Limit);
            },
            Until(null)); // for 1 s
        await started.Task.WaitAsync(Limit);

        // 1 s until the worker is free, 1 s for the image, 1.25 s for its batch.
        var refused = embedder.EmbedAsync(Pixel, Until(3.2));
        var accepted = embedder.EmbedAsync(Pixel, Until(3.3));

        var error = await FailsAsync(refused, ClipErrorCode.Overloaded);
        Assert.Equal(2, error.RetryAfter!.Value.TotalSeconds, 3);
        Assert.False(accepted.IsCompleted);
        free.Set();
        Assert.True(await running.WaitAsync(Limit));
        Assert.Equal(2, (await accepted.WaitAsync(Limit)).Vector.Length);
    }

    private WorkContext Until(double? seconds) =>
        new(WorkPriority.Interactive, seconds is { } left ? In(left) : null, CancellationToken.None);

    private int TakeSeconds(double seconds)
    {
        Clock.Advance(TimeSpan.FromSeconds(seconds));
        return 0;
    }

    /// <summary>Its model takes 1.25 s for one image.</summary>
    private async Task<ImageEmbedder> EmbedderAsync(PreprocessPool pool)
    {
        var queue = Scheduler.AddQueue(new TowerQueueDefinition<ReadOnlyMemory<byte>>
        {
            Name = "m/image",
            CreateEncoder = () => new SlowEncoder(() => TakeSeconds(1.25)),
            Release = ImageEmbedder.Release,
        });
        await queue.WarmUpAsync(new byte[3], new WarmUpPlan(1), CancellationToken.None).WaitAsync(Limit);
        var preprocessor = new ImagePreprocessor(new ImageTransform(1, CropRounding.Floor), new ImageLimits());
        return new ImageEmbedder(preprocessor, pool, queue, Clock);
    }

    private sealed class SlowEncoder(Func<int> run) : IEncoder<ReadOnlyMemory<byte>>
    {
        public int Dimensions => 2;

        public void Encode(ReadOnlySpan<ReadOnlyMemory<byte>> inputs, Span<float> embeddings, Span<float> norms)
        {
            run();
            embeddings.Fill(1);
        }

        public void Dispose()
        {
        }
    }
}
