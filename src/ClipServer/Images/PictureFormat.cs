namespace ClipGrpc.Server.Images;

/// <summary>The files that are taken.</summary>
internal enum PictureFormat
{
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
}
