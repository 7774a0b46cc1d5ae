namespace ClipGrpc.Imaging.Pixels;

/// <summary>How one image is prepared before its resize.</summary>
/// <param name="IgnoreOrientation">True leaves the image as it is stored, as the reference does; false turns it by
/// its EXIF orientation.</param>
internal readonly record struct DecodeOptions(AlphaMode Alpha = AlphaMode.Drop, bool IgnoreOrientation = false)
{
    /// <summary>The parts that are resized and cropped each, in place of the whole image; null: the whole.</summary>
    public IReadOnlyList<RelativeBox>? Regions { get; init; }

    /// <summary>How many prepared images there are of one.</summary>
    public int Views => Regions?.Count ?? 1;
}
