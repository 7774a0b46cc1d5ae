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
        var item = IsPrepared(image)
            ? Submit(Prepare(image), context)
            : await PrepareOnWorkerAsync(
                image, () => Prepare(image), (pixels, admitted) => ValueTask.FromResult(Submit(pixels, admitted)),
                Release, context);
        var preprocess = time.GetElapsedTime(arrived);
        return (await item.Task) with { Preprocess = preprocess };
    }

    /// <summary>Embeds the views of an image that are chosen once they are prepared.</summary>
    /// <returns>Per view; null: it was not chosen.</returns>
    /// <inheritdoc cref="EmbedAsync"/>
    public async Task<EmbeddedViews> EmbedViewsAsync(ItemInput image, ViewChoice choose, WorkContext context)
    {
        var arrived = time.GetTimestamp();
        var items = IsPrepared(image)
            ? await SubmitChosenAsync([Prepare(image)], choose, context)
            : await PrepareOnWorkerAsync(
                image, () => PrepareViews(image), (views, admitted) => SubmitChosenAsync(views, choose, admitted),
                ReleaseAll, context);
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

    private async Task<TItems> PrepareOnWorkerAsync<TPixels, TItems>(
        ItemInput image, Func<TPixels> prepare, Func<TPixels, WorkContext, ValueTask<TItems>> submit,
        Action<TPixels> release, WorkContext context)
    {
        // What would be refused afterwards is not worth decoding: an overloaded server has better work to do.
        var cost = CostOf(image);
        var ready = context.Deadline is null ? Readiness.Now : pool.WhenServed(context, cost);
        var expected = queue.Expect(length: 1, context, ready);
        var admitted = context with { IsAdmitted = true };
        try
        {
            return await submit(await pool.RunAsync(prepare, context, release, cost), admitted);
        }
        finally
        {
            queue.Unexpect(expected);
        }
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

    private static void ReleaseAll(ReadOnlyMemory<byte>[] views) => ReleaseAll(views.AsSpan());

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
}
