using ClipGrpc.Imaging.Files;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Serving.Budget;
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
    private readonly MemoryShare? _memory;

    /// <param name="memory">What decoding may take at once; null is as much as it needs.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is not 1 to 4,096, or a limit is wrong.</exception>
    public ImagePreprocessor(ImageTransform transform, ImageLimits limits, MemoryShare? memory = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(transform.Size, 1, nameof(transform));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(transform.Size, 4096, nameof(transform));
        limits.Validate();
        _transform = transform;
        _limits = limits;
        _memory = memory;
    }

    /// <summary>Bytes of a prepared image: Size × Size × 3.</summary>
    public int OutputLength => _transform.Size * _transform.Size * 3;

    /// <summary>Prepares a file: JPEG, PNG, WebP, GIF (first frame) or BMP.</summary>
    /// <param name="target">
    /// At least <see cref="OutputLength"/> bytes per view of the options; RGB, rows from the top.
    /// </param>
    /// <exception cref="ClipException">Empty, not an image, too large, damaged or cut off.</exception>
    public void Prepare(ReadOnlySpan<byte> encoded, DecodeOptions options, Span<byte> target)
    {
        _limits.CheckEncodedLength(encoded.Length);
        if (ImageFormats.Recognize(encoded) is not { } format)
        {
            UnsupportedImage.Throw(encoded);
            return;
        }

        using var room = RoomFor(options);
        switch (format)
        {
            case ImageFormat.Jpeg:
                PrepareJpeg(encoded, options, room, target);
                break;
            case ImageFormat.Png:
                PreparePng(encoded, options, room, target);
                break;
            case ImageFormat.WebP:
                PrepareWebP(encoded, options, room, target);
                break;
            case ImageFormat.Gif:
                Resize(GifImage.Decode(encoded, _limits, room), ExifOrientation.TopLeft, options, target);
                break;
            default:
                PrepareBmp(encoded, options, room, target);
                break;
        }
    }

    /// <summary>Prepares pixels without a container. They are turned in any case: no EXIF says how.</summary>
    /// <param name="target">
    /// At least <see cref="OutputLength"/> bytes per view of the options; RGB, rows from the top.
    /// </param>
    /// <exception cref="ClipException">Empty, too large, or data that does not fit its size and stride.</exception>
    public void Prepare(RawPixels raw, DecodeOptions options, Span<byte> target)
    {
        var layout = RawLayout.Create(raw, _limits);
        if (IsPrepared(raw) && options.Regions is null)
        {
            CopyRows(raw.Data.Span, layout.Stride, target);
            return;
        }

        using var room = RoomFor(options);
        Take(room, layout.Width, layout.Height, raw.Orientation, decoderBytes: 0);
        PixelPreparation.Run(
            new RawRows(layout, raw, options.Alpha), raw.Orientation, options.Regions, _transform,
            target[..(options.Views * OutputLength)]);
    }

    private DecodeRoom RoomFor(DecodeOptions options) =>
        new(_memory, _transform, keepsWhole: options.Regions is not null);

    /// <summary>Pixels already in the model's format: they are only copied, in microseconds.</summary>
    public bool IsPrepared(in RawPixels raw) => PixelPreparation.IsPrepared(raw, _transform);

    private void CopyRows(ReadOnlySpan<byte> data, int stride, Span<byte> target)
    {
        var rowBytes = _transform.Size * 3;
        for (var y = 0; y < _transform.Size; y++)
            data.Slice(y * stride, rowBytes).CopyTo(target[(y * rowBytes)..]);
    }

    private unsafe void PrepareJpeg(
        ReadOnlySpan<byte> encoded, DecodeOptions options, DecodeRoom room, Span<byte> target)
    {
        fixed (byte* bytes = encoded)
        {
            using var data = SKData.Create((nint)bytes, encoded.Length);
            using var codec = ImageDecoder.Open(data, ImageFormat.Jpeg, _limits);
            var orientation = JpegFile.Check(encoded, out var hasEndMark, out var coefficientBytes);
            Take(room, codec, orientation, options, coefficientBytes);
            var rows = new JpegRows(codec, encoded.Length, hasEndMark);
            Resize(rows, orientation, options, target);
        }
    }

    private unsafe void PreparePng(
        ReadOnlySpan<byte> file, DecodeOptions options, DecodeRoom room, Span<byte> target)
    {
        var orientation = PngFile.Check(file, out var layout);
        using var complete = layout.IsInterlaced ? layout.Palette.Complete(file) : null;
        var encoded = complete is null ? file : complete.Bytes;
        fixed (byte* bytes = encoded)
        {
            using var data = SKData.Create((nint)bytes, encoded.Length);
            using var codec = ImageDecoder.Open(data, ImageFormat.Png, _limits);

            // The library has checked the header. It has no rows of PNG, and of an interlaced one, which is complete
            // only at its end, it keeps all passes too, as they are stored.
            var whole = layout.IsInterlaced ? DecodeRoom.Whole(layout.Width, layout.Height) : 0;
            Take(room, codec, orientation, options, whole + (whole * layout.BitsPerPixel / 32));
            IPixelRows rows = layout.IsInterlaced
                ? ImageDecoder.DecodeWhole(codec, ImageFormat.Png, file.Length)
                : new PngRows(bytes, encoded.Length, layout, options.Alpha);
            Resize(rows, orientation, options, target);
        }
    }

    private unsafe void PrepareWebP(
        ReadOnlySpan<byte> encoded, DecodeOptions options, DecodeRoom room, Span<byte> target)
    {
        // The library has no rows of WebP, and keeps the pixels a second time, with alpha a third, while it decodes.
        const int Copies = 3;
        var orientation = WebPFile.Check(encoded);
        fixed (byte* bytes = encoded)
        {
            using var data = SKData.Create((nint)bytes, encoded.Length);
            using var codec = ImageDecoder.Open(data, ImageFormat.WebP, _limits);
            Take(
                room, codec, orientation, options,
                Copies * DecodeRoom.Whole(codec.Info.Width, codec.Info.Height));
            Resize(ImageDecoder.DecodeWhole(codec, ImageFormat.WebP, encoded.Length), orientation, options, target);
        }
    }

    private unsafe void PrepareBmp(
        ReadOnlySpan<byte> encoded, DecodeOptions options, DecodeRoom room, Span<byte> target)
    {
        fixed (byte* bytes = encoded)
        {
            var rows = BmpImage.Open(bytes, encoded.Length, _limits, room, options.Alpha);
            Resize(rows, ExifOrientation.TopLeft, options, target);
        }
    }

    private static void Take(
        DecodeRoom room, SKCodec codec, ExifOrientation orientation, DecodeOptions options, long decoderBytes) => Take(
            room, codec.Info.Width, codec.Info.Height, Applied(orientation, options), decoderBytes);

    private static void Take(
        DecodeRoom room, int width, int height, ExifOrientation orientation, long decoderBytes)
    {
        var isTurned = orientation != ExifOrientation.TopLeft;
        room.Take(width, height, decoderBytes + (isTurned ? DecodeRoom.Whole(width, height) : 0));
    }

    private static ExifOrientation Applied(ExifOrientation orientation, DecodeOptions options) =>
        options.IgnoreOrientation ? ExifOrientation.TopLeft : orientation;

    /// <summary>Composites on white what came whole, turns upright, resizes and crops. Disposes the rows.</summary>
    private void Resize(IPixelRows source, ExifOrientation orientation, DecodeOptions options, Span<byte> target)
    {
        if (options.Alpha == AlphaMode.White && source is PixelBuffer buffer)
            AlphaBlend.OnWhite(buffer.Pixels);
        PixelPreparation.Run(
            source, Applied(orientation, options), options.Regions, _transform,
            target[..(options.Views * OutputLength)]);
    }
}
