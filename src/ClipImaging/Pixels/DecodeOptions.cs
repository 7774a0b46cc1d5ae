namespace ClipGrpc.Imaging.Pixels;

/// <summary>How one image is prepared before its resize.</summary>
/// <param name="IgnoreOrientation">True leaves the image as it is stored, as the reference does; false turns it by
/// its EXIF orientation.</param>
internal readonly record struct DecodeOptions(AlphaMode Alpha = AlphaMode.Drop, bool IgnoreOrientation = false);
