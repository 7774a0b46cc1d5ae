using ClipGrpc.Client.Internal;

namespace ClipGrpc.Client;

/// <summary>How an image is prepared before it is resized and cropped to the model's image size.</summary>
public sealed record ImageOptions
{
    /// <summary>How an alpha channel is removed. Default: it is dropped.</summary>
    public AlphaMode Alpha { get; init; }

    /// <summary>
    /// Whether the EXIF orientation is ignored, as in the reference implementation. Default: false; the image is
    /// rotated or flipped according to it. Has no effect on raw pixels, which have their own rotation.
    /// </summary>
    public bool IgnoreOrientation { get; init; }

    internal V1.ImageOptions ToMessage() =>
        new() { Alpha = Alpha.ToWire(), IgnoreOrientation = IgnoreOrientation };
}
