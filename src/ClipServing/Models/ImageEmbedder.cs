using System.Buffers;
using System.Runtime.InteropServices;
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
            : await PrepareOnWorkerAsync(image, context);
        var preprocess = time.GetElapsedTime(arrived);
        return (await item.Task) with { Preprocess = preprocess };
    }

    /// <summary>Called by the queue when it no longer reads the pixels.</summary>
    public static void Release(ReadOnlyMemory<byte> pixels)
    {
        if (MemoryMarshal.TryGetArray(pixels, out var segment))
            ArrayPool<byte>.Shared.Return(segment.Array!);
    }

    private async Task<WorkItem<ReadOnlyMemory<byte>, EmbeddingResult>> PrepareOnWorkerAsync(
        ItemInput image, WorkContext context)
    {
        // What would be refused afterwards is not worth decoding: an overloaded server has better work to do.
        var ready = context.Deadline is null ? Readiness.Now : pool.WhenServed(context);
        var expected = queue.Expect(length: 1, context, ready);
        var admitted = context with { IsAdmitted = true };
        try
        {
            return Submit(await pool.RunAsync(() => Prepare(image), context, Release), admitted);
        }
        finally
        {
            queue.Unexpect(expected);
        }
    }

    // A copy takes less time than to wake a worker for it.
    private bool IsPrepared(ItemInput image) => image is RawImageInput raw && preprocessor.IsPrepared(raw.Image);

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

    private ReadOnlyMemory<byte> Prepare(ItemInput image)
    {
        var pixels = ArrayPool<byte>.Shared.Rent(preprocessor.OutputLength);
        var destination = pixels.AsSpan(0, preprocessor.OutputLength);
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
                    throw new ArgumentException($"{image.GetType().Name} is no image.", nameof(image));
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(pixels);
            throw;
        }

        return pixels.AsMemory(0, preprocessor.OutputLength);
    }
}
