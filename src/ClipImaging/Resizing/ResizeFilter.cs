namespace ClipGrpc.Imaging.Resizing;

/// <summary>
/// Pillow's filters that weigh all pixels of an area, and so shrink without aliasing. Its nearest neighbour is none of
/// them.
/// </summary>
internal enum ResizeFilter
{
    Bicubic,

    Bilinear,

    Lanczos,

    Box,

    Hamming,
}
