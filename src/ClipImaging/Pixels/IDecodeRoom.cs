namespace ClipGrpc.Imaging.Pixels;

/// <summary>The memory for one image, taken when its header is known and before anything of its size is allocated.
/// </summary>
internal interface IDecodeRoom
{
    /// <summary>Waits until there is room. At most once per image.</summary>
    /// <param name="decoderBytes">All that is allocated beside the buffers that resizing needs.</param>
    /// <exception cref="ClipException">It is more than there is for an image.</exception>
    void Take(long width, long height, long decoderBytes);
}
