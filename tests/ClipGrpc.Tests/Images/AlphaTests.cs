using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;

namespace ClipGrpc.Tests.Images;

public sealed class AlphaTests
{
    private const int Width = 70;
    private const int Height = 50;
    private static readonly byte[] Rgba = WithEveryAlpha();

    [Fact]
    public void Prepare_PngDrop_KeepsTheColoursUnderAlpha() =>
        Assert.Equal(Expected(pixel => [pixel[0], pixel[1], pixel[2]]), Prepare(AlphaMode.Drop));

    [Fact]
    public void Prepare_PngWhite_CompositesOnWhite() => Assert.Equal(Expected(OnWhite), Prepare(AlphaMode.White));

    [Theory]
    [InlineData(PixelFormat.Rgba32)]
    [InlineData(PixelFormat.Bgra32)]
    internal void Prepare_RawPixels_FollowTheSameRule(PixelFormat format)
    {
        var data = Rgba.ToArray();
        if (format == PixelFormat.Bgra32)
        {
            for (var i = 0; i < data.Length; i += 4)
                (data[i], data[i + 2]) = (data[i + 2], data[i]);
        }

        var raw = new RawPixels(Width, Height, 0, format, ColorMatrix.Bt601, data);

        Assert.Equal(Prepare(AlphaMode.Drop), TestImages.Prepare(raw, new DecodeOptions(AlphaMode.Drop)));
        Assert.Equal(Prepare(AlphaMode.White), TestImages.Prepare(raw, new DecodeOptions(AlphaMode.White)));
    }

    [Fact]
    public void Prepare_OpaqueImage_IsTheSameOnWhite()
    {
        var onWhite = TestImages.Prepare(TestImages.File("coffee.jpg"), new DecodeOptions(AlphaMode.White));

        Assert.Equal(TestImages.Crop("coffee.jpg", CropRounding.HalfEven), onWhite);
    }

    [Fact]
    public void Prepare_RgbWithoutAlphaOnWhite_IgnoresTheFourthByte()
    {
        var raw = TestImages.Rgb24(TestImages.Noise(40 * 30 * 3, seed: 9), 40, 30);

        Assert.Equal(TestImages.Prepare(raw), TestImages.Prepare(raw, new DecodeOptions(AlphaMode.White)));
    }

    [Fact]
    public void Prepare_Bgr0OnWhite_IgnoresTheFourthByte()
    {
        var raw = new RawPixels(40, 30, 0, PixelFormat.Bgr0, default, TestImages.Noise(40 * 30 * 4, seed: 9));

        var actual = TestImages.Prepare(raw, new DecodeOptions(AlphaMode.White));

        Assert.Equal(TestImages.Prepare(raw), actual);
        Assert.Equal(TestImages.Prepare(raw with { Format = PixelFormat.Bgra32 }), actual);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(77)]
    [InlineData(200)]
    public void Prepare_TransparentGifDrop_ShowsThePaletteColours(byte index)
    {
        var transparent = GifFiles.WithTransparentIndex(TestImages.File("cat.gif"), index);

        Assert.Equal(TestImages.Crop("cat.gif", CropRounding.HalfEven), TestImages.Prepare(transparent));
    }

    [Fact]
    public void Prepare_TransparentGifWhite_IsLighter()
    {
        var opaque = TestImages.Crop("cat.gif", CropRounding.HalfEven);
        var changed = Enumerable.Range(0, 256).Count(index =>
        {
            var file = GifFiles.WithTransparentIndex(TestImages.File("cat.gif"), (byte)index);
            var onWhite = TestImages.Prepare(file, new DecodeOptions(AlphaMode.White));
            return onWhite.Sum(value => value) > opaque.Sum(value => value);
        });

        Assert.True(changed > 100, $"Only {changed} of the palette's colours turned white.");
    }

    private static byte[] Prepare(AlphaMode mode) => TestImages.Prepare(
        PngWriter.Write(Width, Height, 8, 6, Rgba, Width * 4), new DecodeOptions(mode));

    private static byte[] Expected(Func<byte[], byte[]> convert)
    {
        var rgb = Rgba.Chunk(4).SelectMany(convert).ToArray();
        return TestImages.Prepare(TestImages.Rgb24(rgb, Width, Height));
    }

    private static byte[] OnWhite(byte[] pixel) =>
    [
        .. pixel.Take(3).Select(value =>
            (byte)Math.Round(((value * pixel[3]) + (255.0 * (255 - pixel[3]))) / 255)),
    ];

    private static byte[] WithEveryAlpha()
    {
        var rgba = TestImages.Noise(Width * Height * 4, seed: 3);
        for (var i = 0; i < Width * Height; i++)
            rgba[(i * 4) + 3] = (byte)i;
        return rgba;
    }
}
