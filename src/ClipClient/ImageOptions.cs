using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>How an image is prepared before it is resized and cropped to the model's image size.</summary>
public sealed record ImageOptions
{
    /// <summary>What becomes of an alpha channel; dropped by default.</summary>
    public AlphaMode Alpha { get; init; }

    /// <summary>
    /// Ignores the EXIF orientation, as the reference implementation does. By default the image is rotated or flipped
    /// according to it. This does not concern raw pixels, which have a rotation of their own.
    /// </summary>
    public bool IgnoreOrientation { get; init; }

    internal V1.ImageOptions ToMessage() =>
        new() { Alpha = Alpha.ToWire(), IgnoreOrientation = IgnoreOrientation };
}
