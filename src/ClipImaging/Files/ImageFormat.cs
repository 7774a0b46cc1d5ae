namespace ClipGrpc.Imaging.Files;

/// <summary>The files that are taken.</summary>
internal enum ImageFormat
{
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
}
