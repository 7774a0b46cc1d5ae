namespace ClipGrpc.Imaging.Pixels;

/// <summary>EXIF's orientation: where the stored image's first row and first column belong.</summary>
internal enum ExifOrientation
{
    TopLeft = 1,
    TopRight = 2,
    BottomRight = 3,
    BottomLeft = 4,
    LeftTop = 5,
    RightTop = 6,
    RightBottom = 7,
    LeftBottom = 8,
}
