using SkiaSharp;

namespace ClipGrpc.Server.Images;

/// <summary>
/// Tells files apart by their first bytes. The decoder library knows more formats, some without any mark of their own,
/// so what is not recognised here never reaches it.
/// </summary>
internal static class PictureFormats
{
    public static PictureFormat? Recognise(ReadOnlySpan<byte> file) => file switch
    {
        [0xFF, 0xD8, 0xFF, ..] => PictureFormat.Jpeg,
        [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => PictureFormat.Png,
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] =>
            PictureFormat.WebP,
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..] => PictureFormat.Gif,
        [(byte)'B', (byte)'M', ..] => PictureFormat.Bmp,
        _ => null,
    };

    public static string Name(this PictureFormat format) => format switch
    {
        PictureFormat.WebP => "WebP",
        _ => format.ToString().ToUpperInvariant(),
    };

    public static bool Is(this SKEncodedImageFormat decoded, PictureFormat format) => format switch
    {
        PictureFormat.Jpeg => decoded == SKEncodedImageFormat.Jpeg,
        PictureFormat.Png => decoded == SKEncodedImageFormat.Png,
        PictureFormat.WebP => decoded == SKEncodedImageFormat.Webp,
        PictureFormat.Gif => decoded == SKEncodedImageFormat.Gif,
        _ => decoded == SKEncodedImageFormat.Bmp,
    };
}
