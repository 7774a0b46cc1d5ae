using System.Runtime.InteropServices;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Preprocessing;

namespace ClipGrpc.Serving.Models;

/// <summary>
/// Embeds an image: decodes and crops it on a worker, if there is anything to do, then queues it for a batch.
/// </summary>
internal sealed class ImageEmbedder(
    ImagePreprocessor preprocessor, PreprocessPool pool, TowerQueue<ReadOnlyMemory<byte>> queue, TimeProvider time)
{
    /// <exception cref="ClipException">
    /// InvalidInput: not a readable image; and every error of the image queue.
    /// </exception>
    public async Task<EmbeddingResult> EmbedAsync(ItemInput image, WorkContext context)
    {
        var arrived = time.GetTimestamp();
        WorkItem<ReadOnlyMemory<byte>, EmbeddingResult> item;
        if (IsPrepared(image))
        {
            item = Submit(Prepare(image), context);
        }
        else
        {
            using var admission = Admit(image, context);
            item = Submit(
                await pool.RunAsync(() => Prepare(image), context, Release, admission.DecodeCost), admission.Context);
        }

        var preprocess = time.GetElapsedTime(arrived);
        return (await item.Task) with { Preprocess = preprocess };
    }

    /// <summary>Embeds the views of an image that are chosen once they are prepared.</summary>
    /// <returns>Per view; null: it was not chosen.</returns>
    /// <inheritdoc cref="EmbedAsync"/>
    public async Task<EmbeddedViews> EmbedViewsAsync(ItemInput image, ViewChoice choose, WorkContext context)
    {
        var arrived = time.GetTimestamp();
        WorkItem<ReadOnlyMemory<byte>, EmbeddingResult>?[] items;
        if (IsPrepared(image))
        {
            items = await SubmitChosenAsync([Prepare(image)], choose, context);
        }
        else
        {
            using var admission = Admit(image, context);
            var views = await pool.RunAsync(
                () => PrepareViews(image), context, views => ReleaseAll(views), admission.DecodeCost);
            items = await SubmitChosenAsync(views, choose, admission.Context);
        }

        var preprocess = time.GetElapsedTime(arrived);
        await Task.WhenAll(items.OfType<WorkItem<ReadOnlyMemory<byte>, EmbeddingResult>>().Select(item => item.Task));
        return new EmbeddedViews(
            Array.ConvertAll<WorkItem<ReadOnlyMemory<byte>, EmbeddingResult>?, EmbeddingResult?>(
                items, item => item is null ? null : item.Task.Result with { Preprocess = preprocess }),
            preprocess);
    }

    /// <summary>Called by the queue when it no longer reads the pixels.</summary>
    public static void Release(ReadOnlyMemory<byte> pixels)
    {
        if (MemoryMarshal.TryGetArray(pixels, out var segment))
            LargeBuffers.Return(segment.Array!);
    }

    /// <summary>
    /// Rejects what the queue would reject afterwards: an overloaded server has better work to do than to decode it.
    /// </summary>
    private Admission Admit(ItemInput image, WorkContext context)
    {
        var cost = CostOf(image);
        var ready = context.Deadline is null ? Readiness.Now : pool.WhenServed(context, cost);
        var expected = queue.Expect(length: 1, context, ready);
        return new Admission(queue, expected, context with { IsAdmitted = true }, cost);
    }

    private static long CostOf(ItemInput image) => image switch
    {
        EncodedImageInput encoded => DecodeCost.Of(encoded.Data.Span, encoded.Options),
        RawImageInput raw => DecodeCost.Of(raw.Image, raw.Options),
        _ => throw NoImage(image),
    };

    private static ArgumentException NoImage(ItemInput image) =>
        new($"{image.GetType().Name} is no image.", nameof(image));

    // A copy takes less time than to wake a worker for it.
    private bool IsPrepared(ItemInput image) =>
        image is RawImageInput { Options.Regions: null } raw && preprocessor.IsPrepared(raw.Image);

    private async ValueTask<WorkItem<ReadOnlyMemory<byte>, EmbeddingResult>?[]> SubmitChosenAsync(
        ReadOnlyMemory<byte>[] views, ViewChoice choose, WorkContext context)
    {
        var items = new WorkItem<ReadOnlyMemory<byte>, EmbeddingResult>?[views.Length];
        var submitted = 0;
        try
        {
            var chosen = await choose(views);
            for (; submitted < views.Length; submitted++)
            {
                if (chosen[submitted])
                    items[submitted] = queue.Submit(views[submitted], context);
                else
                    Release(views[submitted]);
            }
        }
        catch
        {
            ReleaseAll(views.AsSpan(submitted));
            Observe(items);
            throw;
        }

        return items;
    }

    /// <summary>What was submitted of an image that failed runs, and nobody waits for it.</summary>
    private static void Observe(WorkItem<ReadOnlyMemory<byte>, EmbeddingResult>?[] items)
    {
        foreach (var item in items)
            _ = item?.Task.ContinueWith(task => task.Exception, TaskScheduler.Default);
    }

    private static void ReleaseAll(ReadOnlySpan<ReadOnlyMemory<byte>> views)
    {
        foreach (var view in views)
            Release(view);
    }

    // The queue gives back the pixels that it accepted; what it refuses is ours.
    private WorkItem<ReadOnlyMemory<byte>, EmbeddingResult> Submit(ReadOnlyMemory<byte> pixels, WorkContext context)
    {
        try
        {
            return queue.Submit(pixels, context);
        }
        catch
        {
            Release(pixels);
            throw;
        }
    }

    private ReadOnlyMemory<byte>[] PrepareViews(ItemInput image)
    {
        var together = Prepare(image);
        var length = preprocessor.OutputLength;
        if (together.Length == length)
            return [together];

        // Each is given back on its own, when the queue no longer reads it.
        var views = new ReadOnlyMemory<byte>[together.Length / length];
        for (var i = 0; i < views.Length; i++)
        {
            var pixels = LargeBuffers.Rent(length);
            together.Span.Slice(i * length, length).CopyTo(pixels);
            views[i] = pixels.AsMemory(0, length);
        }

        Release(together);
        return views;
    }

    /// <summary>The views one after the other.</summary>
    private ReadOnlyMemory<byte> Prepare(ItemInput image)
    {
        var length = image.Views * preprocessor.OutputLength;
        var pixels = LargeBuffers.Rent(length);
        var destination = pixels.AsSpan(0, length);
        try
        {
            switch (image)
            {
                case EncodedImageInput encoded:
                    preprocessor.Prepare(encoded.Data.Span, encoded.Options, destination);
                    break;
                case RawImageInput raw:
                    preprocessor.Prepare(raw.Image, raw.Options, destination);
                    break;
                default:
                    throw NoImage(image);
            }
        }
        catch
        {
            LargeBuffers.Return(pixels);
            throw;
        }

        return pixels.AsMemory(0, length);
    }

    /// <summary>An image that the queue expects, until it is submitted or given up.</summary>
    private readonly record struct Admission(
        TowerQueue<ReadOnlyMemory<byte>> Queue, WaitingItem Expected, WorkContext Context, long DecodeCost)
        : IDisposable
    {
        public void Dispose() => Queue.Unexpect(Expected);
    }
}
