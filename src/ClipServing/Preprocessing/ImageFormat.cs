namespace ClipGrpc.Serving.Preprocessing;

/// <summary>The files that are taken.</summary>
internal enum ImageFormat
{
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
}
