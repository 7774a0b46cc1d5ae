using ClipGrpc.Imaging.Files;
using ClipGrpc.Imaging.Pixels;
using SkiaSharp;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>
/// JPEG, PNG and WebP to pixels, as Pillow's conversion to RGB gives them: embedded color profiles are not applied,
/// 16-bit samples keep their high byte, and alpha is not multiplied in. The first frame of an animation is taken.
/// A difference on purpose: of 16-bit gray Pillow makes white wherever a sample is above 255, here it stays gray.
/// </summary>
internal static unsafe class ImageDecoder
{
    /// <summary>The layout that every file is decoded to.</summary>
    public static SKImageInfo PixelsOf(SKCodec codec) =>
        new(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);

    /// <summary>Recognizes a file, checks its header against the limits and opens its decoder.</summary>
    /// <exception cref="ClipException">Not an image that is accepted.</exception>
    public static SKCodec Open(SKData data, ImageFormat format, ImageLimits limits)
    {
        var codec = SKCodec.Create(data);
        if (codec is null || !Is(codec.EncodedFormat, format))
        {
            codec?.Dispose();
            InvalidImage.Throw(
                $"The {format.Name()} image is truncated or damaged: its {data.Size:N0} bytes do not contain a "
                + "complete header.");
        }

        try
        {
            limits.CheckSize(codec.Info.Width, codec.Info.Height);
            return codec;
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    /// <summary>The image as it is stored.</summary>
    /// <exception cref="ClipException">The image is damaged or cut off.</exception>
    public static PixelBuffer DecodeWhole(SKCodec codec, ImageFormat format, int encodedLength)
    {
        var info = PixelsOf(codec);
        var buffer = new PixelBuffer(info.Width, info.Height);
        try
        {
            fixed (byte* pixels = buffer.Pixels)
            {
                var result = codec.GetPixels(info, (nint)pixels, info.RowBytes, SKCodecOptions.Default);
                if (result != SKCodecResult.Success)
                {
                    var what = result == SKCodecResult.IncompleteInput ? "truncated" : "truncated or damaged";
                    InvalidImage.Throw(
                        $"The {format.Name()} image is {what}: its {encodedLength:N0} bytes do not contain all of " +
                        $"its {info.Width} × {info.Height} pixels.");
                }
            }

            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>GIF and BMP are not decoded by the library.</summary>
    private static bool Is(SKEncodedImageFormat decoded, ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => decoded == SKEncodedImageFormat.Jpeg,
        ImageFormat.Png => decoded == SKEncodedImageFormat.Png,
        ImageFormat.WebP => decoded == SKEncodedImageFormat.Webp,
        _ => false,
    };
}
