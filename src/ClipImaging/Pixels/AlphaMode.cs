namespace ClipGrpc.Imaging.Pixels;

/// <summary>What becomes of an image's alpha channel.</summary>
internal enum AlphaMode
{
    /// <summary>Dropped; the colours under it stay, as the reference does.</summary>
    Drop,

    /// <summary>Composited on white.</summary>
    White,
}
