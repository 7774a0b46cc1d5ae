using ClipGrpc.Imaging.Files;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>
/// How much work it is to decode and resize an image, from its header, before it is queued. A unit is a third of a
/// nanosecond to three nanoseconds on one core; how long it takes, the stage measures. The weights also follow the
/// memory that is needed, so that what is cheap needs little of both.
/// </summary>
internal static class DecodeCost
{
    /// <summary>Reading more for a header would be work of its own.</summary>
    private const int LongestHeader = 1 << 20;

    /// <summary>More than the largest image, of whose header too much is unknown.</summary>
    private const long Unknown = long.MaxValue;

    public static long Of(ReadOnlySpan<byte> file, in DecodeOptions options)
    {
        var header = file[..Math.Min(file.Length, LongestHeader)];
        try
        {
            var (decoding, pixels) = Read(header);
            return decoding + file.Length + Resizing(pixels, options);
        }
        catch (ClipException)
        {
            // What has no complete header fails when that is read, and takes no longer.
            return header.Length < file.Length ? Unknown : file.Length;
        }
    }

    public static long Of(in RawPixels raw, in DecodeOptions options)
    {
        var pixels = (long)raw.Width * raw.Height;
        return pixels + Resizing(pixels, options);
    }

    /// <summary>Regions are cut from the whole image, and each is resized.</summary>
    private static long Resizing(long pixels, in DecodeOptions options) =>
        options.Regions is null ? 0 : pixels * 4 + pixels * options.Views / 4;

    private static (long Decoding, long Pixels) Read(ReadOnlySpan<byte> header)
    {
        switch (ImageFormats.Recognize(header))
        {
            case ImageFormat.Jpeg:
                var jpeg = JpegFile.ReadFrame(header, out var scans);
                return ((jpeg.Samples + jpeg.Pixels) * (4 + scans) / 4, jpeg.Pixels);
            case ImageFormat.Png:
                var png = PngFile.ReadSize(header, out var isInterlaced);
                return (png * (isInterlaced ? 16 : 4), png);
            case ImageFormat.WebP:
                var webP = WebPFile.ReadSize(header);
                return (webP * 12, webP);
            case ImageFormat.Gif:
                var gif = GifImage.ReadSize(header);
                return (gif * 4, gif);
            case ImageFormat.Bmp:
                var bmp = BmpHeader.Read(header);
                var pixels = bmp.Width * (long)bmp.Height;
                return (bmp.IsRuns ? pixels * 4 : pixels, pixels);
            default:
                return default;
        }
    }
}
