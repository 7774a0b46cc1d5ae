using ClipGrpc.Imaging.Files;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;
using SkiaSharp;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>
/// Images to what a model sees: decoded, turned upright, scaled and cropped to Size × Size RGB bytes. Safe to use
/// from several threads. Memory that grows with the image is pooled, save what the decoder itself takes.
/// </summary>
internal sealed class ImagePreprocessor
{
    private readonly ImageTransform _transform;
    private readonly ImageLimits _limits;

    /// <exception cref="ArgumentOutOfRangeException">The size is not 1 to 4,096, or a limit is wrong.</exception>
    public ImagePreprocessor(ImageTransform transform, ImageLimits limits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(transform.Size, 1, nameof(transform));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(transform.Size, 4096, nameof(transform));
        limits.Validate();
        _transform = transform;
        _limits = limits;
    }

    /// <summary>Bytes of a prepared image: Size × Size × 3.</summary>
    public int OutputLength => _transform.Size * _transform.Size * 3;

    /// <summary>Prepares a file: JPEG, PNG, WebP, GIF (first frame) or BMP.</summary>
    /// <param name="target">At least <see cref="OutputLength"/> bytes; RGB, rows from the top.</param>
    /// <exception cref="ClipException">Empty, not an image, too large, damaged or cut off.</exception>
    public void Prepare(ReadOnlySpan<byte> encoded, DecodeOptions options, Span<byte> target)
    {
        _limits.CheckEncodedLength(encoded.Length);
        if (ImageFormats.Recognize(encoded) is not { } format)
        {
            UnsupportedImage.Throw(encoded);
            return;
        }

        switch (format)
        {
            case ImageFormat.Jpeg:
                PrepareJpeg(encoded, options, target);
                break;
            case ImageFormat.Png:
                PreparePng(encoded, options, target);
                break;
            case ImageFormat.WebP:
                PrepareWhole(encoded, format, encoded.Length, WebPFile.Check(encoded), options, target);
                break;
            case ImageFormat.Gif:
                Resize(GifImage.Decode(encoded, _limits), ExifOrientation.TopLeft, options, target);
                break;
            default:
                Resize(BmpImage.Decode(encoded, _limits), ExifOrientation.TopLeft, options, target);
                break;
        }
    }

    /// <summary>Prepares pixels without a container. They have no orientation of their own.</summary>
    /// <param name="target">At least <see cref="OutputLength"/> bytes; RGB, rows from the top.</param>
    /// <exception cref="ClipException">Empty, too large, or data that does not fit its size and stride.</exception>
    public void Prepare(RawPixels raw, DecodeOptions options, Span<byte> target)
    {
        var layout = RawLayout.Create(raw, _limits);
        if (IsPrepared(raw))
        {
            CopyRows(raw.Data.Span, layout.Stride, target);
            return;
        }

        using var rows = new RawRows(layout, raw, options.Alpha);
        Resize(rows, target);
    }

    /// <summary>Pixels already in the model's format: they are only copied, in microseconds.</summary>
    public bool IsPrepared(in RawPixels raw) =>
        raw.Format == PixelFormat.Rgb24 && raw.Width == _transform.Size && raw.Height == _transform.Size;

    private void CopyRows(ReadOnlySpan<byte> data, int stride, Span<byte> target)
    {
        var rowBytes = _transform.Size * 3;
        for (var y = 0; y < _transform.Size; y++)
            data.Slice(y * stride, rowBytes).CopyTo(target[(y * rowBytes)..]);
    }

    private unsafe void PrepareJpeg(ReadOnlySpan<byte> encoded, DecodeOptions options, Span<byte> target)
    {
        fixed (byte* bytes = encoded)
        {
            using var data = SKData.Create((nint)bytes, encoded.Length);
            using var codec = ImageDecoder.Open(data, ImageFormat.Jpeg, _limits);
            var orientation = JpegFile.Check(encoded, out var hasEndMark);
            Resize(new JpegRows(codec, encoded.Length, hasEndMark), orientation, options, target);
        }
    }

    private void PreparePng(ReadOnlySpan<byte> encoded, DecodeOptions options, Span<byte> target)
    {
        var orientation = PngFile.Check(encoded, out var palette);
        using var complete = palette.Complete(encoded);
        PrepareWhole(
            complete is null ? encoded : complete.Bytes,
            ImageFormat.Png,
            encoded.Length,
            orientation,
            options,
            target);
    }

    /// <param name="encodedLength">As the caller sent it.</param>
    private unsafe void PrepareWhole(
        ReadOnlySpan<byte> encoded,
        ImageFormat format,
        int encodedLength,
        ExifOrientation orientation,
        DecodeOptions options,
        Span<byte> target)
    {
        fixed (byte* bytes = encoded)
        {
            using var data = SKData.Create((nint)bytes, encoded.Length);
            using var codec = ImageDecoder.Open(data, format, _limits);
            Resize(ImageDecoder.DecodeWhole(codec, format, encodedLength), orientation, options, target);
        }
    }

    /// <summary>Composites on white, turns upright, resizes and crops. Disposes the rows.</summary>
    private void Resize(IPixelRows source, ExifOrientation orientation, DecodeOptions options, Span<byte> target)
    {
        using var stored = source;
        if (options.Alpha == AlphaMode.White && stored is PixelBuffer buffer)
            AlphaBlend.OnWhite(buffer.Pixels);
        if (options.IgnoreOrientation || orientation == ExifOrientation.TopLeft)
        {
            Resize(stored, target);
            return;
        }

        using var upright = Orientation.Apply(stored, orientation);
        Resize(upright, target);
    }

    private void Resize(IPixelRows rows, Span<byte> target) =>
        ImageResizer.Run(rows, ResizePlan.Create(rows.Width, rows.Height, _transform), target[..OutputLength]);
}
