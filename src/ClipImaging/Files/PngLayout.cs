namespace ClipGrpc.Imaging.Files;

/// <summary>How the pixels of a PNG are stored, and where its chunks are.</summary>
/// <param name="Depth">Bits per sample.</param>
/// <param name="ColorType">0 gray, 2 RGB, 3 indexed, 4 gray with alpha, 6 RGB with alpha.</param>
/// <param name="TransparencyOffset">Of the data of the <c>tRNS</c> chunk; 0 where there is none.</param>
/// <param name="PixelOffset">Of the first <c>IDAT</c> chunk.</param>
internal readonly record struct PngLayout(
    int Width, int Height, int Depth, int ColorType, bool IsInterlaced, PngPalette Palette, int TransparencyOffset,
    int TransparencyLength, int PixelOffset)
{
    public const int Gray = 0;
    public const int Rgb = 2;
    public const int Indexed = 3;
    public const int GrayAlpha = 4;
    public const int Rgba = 6;

    public int BitsPerPixel => Depth * ColorType switch
    {
        Rgb => 3,
        GrayAlpha => 2,
        Rgba => 4,
        _ => 1,
    };

    public bool HasTransparency => TransparencyOffset > 0;
}
