namespace ClipGrpc.Server.Images;

/// <summary>How one picture is prepared before its resize.</summary>
/// <param name="IgnoreOrientation">True leaves the picture as it is stored, as the reference does; false turns it by
/// its EXIF orientation.</param>
internal readonly record struct PictureOptions(AlphaMode Alpha = AlphaMode.Drop, bool IgnoreOrientation = false);
