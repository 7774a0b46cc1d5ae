using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Serving.Budget;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>The memory of one image within the budget; null: without a budget.</summary>
/// <param name="keepsWhole">The whole image is kept upright, because parts are cut from it.</param>
internal sealed class DecodeRoom(MemoryShare? share, ImageTransform transform, bool keepsWhole = false)
    : IDecodeRoom, IDisposable
{
    /// <summary>At least what an image needs that <see cref="PreprocessPool"/> counts as small.</summary>
    private const long SmallImage = 24 * 1024 * 1024;

    /// <summary>A decoder's own rows, tables and state per pixel of the width.</summary>
    private const int DecoderRowBytes = 256;

    private const int BytesPerPixel = 4;

    private SizeClass _sizeClass;

    public long Bytes { get; private set; }

    /// <summary>The pixels of a whole image.</summary>
    public static long Whole(long width, long height) => width * height * BytesPerPixel;

    public void Take(long width, long height, long decoderBytes)
    {
        if (share is null)
            return;

        var bytes = decoderBytes + ResizeBytes(width, height) + (keepsWhole ? Whole(width, height) : 0);
        if (bytes > share.Largest)
        {
            InvalidImage.ThrowTooLarge(
                $"The image of {width} × {height} pixels needs {bytes:N0} bytes to be decoded; this server has "
                + $"{share.Largest:N0}. Send a smaller image, or a JPEG that is neither progressive nor rotated.",
                share.Largest,
                bytes);
        }

        _sizeClass = bytes <= Math.Min(SmallImage, share.Capacity / 4) ? SizeClass.Small : SizeClass.Large;

        // On a worker of its own: it waits for other workers only, and they for no one.
        share.ReserveAsync(bytes, _sizeClass, CancellationToken.None).GetAwaiter().GetResult();
        Bytes = bytes;
    }

    public void Dispose() => share?.Release(Bytes, _sizeClass);

    /// <summary>The strip that is read, and the rows that one direction has been scaled of.</summary>
    private long ResizeBytes(long width, long height)
    {
        var strip = width * ((PixelRows.MaxRowsPerRead * BytesPerPixel) + DecoderRowBytes);
        var plan = ResizePlan.Create((int)width, (int)height, transform);
        return strip + (plan.VerticalFirst
            ? Whole(width, height) + Whole(width, plan.Size)
            : height * HorizontalPass.TargetStride(plan.Size));
    }
}
