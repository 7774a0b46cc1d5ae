using ClipGrpc.Imaging.Files;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Serving.Preprocessing;

/// <summary>
/// The work to decode and resize an image, by its header. The unit is about two nanoseconds of one core; the exact time
/// is measured. The weights also cover the memory that an image needs, so that what is cheap needs little of both.
/// </summary>
internal static class DecodeCost
{
    /// <summary>A longer file is expensive by its bytes alone, and its header is not worth a longer search.</summary>
    private const int LongestHeader = 8 << 20;

    /// <summary>More than any image, for a file whose header is not complete.</summary>
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
            // Without a complete header, decoding fails before it takes long.
            return header.Length < file.Length ? Unknown : file.Length;
        }
    }

    public static long Of(in RawPixels raw, in DecodeOptions options)
    {
        var pixels = (long)raw.Width * raw.Height;
        var isTurned = raw.Orientation != ExifOrientation.TopLeft;
        return (isTurned ? pixels * 4 : pixels) + Resizing(pixels, options);
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
