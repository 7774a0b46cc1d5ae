namespace ClipGrpc.Tests.Images;

/// <summary>RGB pixels, and what each orientation makes of them in terms of two mirrors and a transposition.</summary>
internal sealed record StoredImage(byte[] Rgb, int Width, int Height)
{
    public static StoredImage From((byte[] Rgb, int Width, int Height) decoded) =>
        new(decoded.Rgb, decoded.Width, decoded.Height);

    public StoredImage Turn(int orientation) => orientation switch
    {
        1 => this,
        2 => MirrorX(),
        3 => MirrorX().MirrorY(),
        4 => MirrorY(),
        5 => Transpose(),
        6 => Transpose().MirrorX(),
        7 => Transpose().MirrorX().MirrorY(),
        8 => Transpose().MirrorY(),
        _ => throw new ArgumentOutOfRangeException(nameof(orientation)),
    };

    public byte[] Prepare() => TestImages.Prepare(TestImages.Rgb24(Rgb, Width, Height));

    private StoredImage MirrorX() => Map(Width, Height, (x, y) => (Width - 1 - x, y));

    private StoredImage MirrorY() => Map(Width, Height, (x, y) => (x, Height - 1 - y));

    private StoredImage Transpose() => Map(Height, Width, (x, y) => (y, x));

    private StoredImage Map(int width, int height, Func<int, int, (int X, int Y)> source)
    {
        var rgb = new byte[Rgb.Length];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var from = source(x, y);
                Rgb.AsSpan(((from.Y * Width) + from.X) * 3, 3).CopyTo(rgb.AsSpan(((y * width) + x) * 3));
            }
        }

        return new StoredImage(rgb, width, height);
    }
}
