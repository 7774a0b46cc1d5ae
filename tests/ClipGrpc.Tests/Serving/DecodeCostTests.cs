using ClipGrpc.Imaging.Pixels;
using ClipGrpc.LoadTest.Attacks;
using ClipGrpc.Serving.Preprocessing;
using ClipGrpc.Tests.Images;
using SkiaSharp;

namespace ClipGrpc.Tests.Serving;

public sealed class DecodeCostTests
{
    [Theory]
    [InlineData("cat.jpg", 2.5, 4)]
    [InlineData("camera-gray.jpg", 2, 2.1)]
    [InlineData("coffee-cmyk.jpg", 5, 5.1)]
    [InlineData("cat-progressive.jpg", 5, 20)]
    [InlineData("astronaut-rgba.png", 4, 4)]
    [InlineData("cat-palette.png", 4, 4)]
    [InlineData("coffee.webp", 12, 12)]
    [InlineData("coffee-lossless.webp", 12, 12)]
    [InlineData("cat.gif", 4, 4)]
    [InlineData("cat.bmp", 1, 1)]
    public void Of_File_GrowsWithItsPixelsAndBytes(string name, double least, double most)
    {
        var file = TestImages.File(name);
        using var codec = SKCodec.Create(new SKMemoryStream(file));

        var cost = DecodeCost.Of(file, default) - file.Length;

        Assert.InRange(cost / (double)((long)codec.Info.Width * codec.Info.Height), least, most);
    }

    [Fact]
    public void Of_ExtendedWebP_IsThatOfItsCanvas()
    {
        var file = TestImages.Case("orientation6-exif-prefix.webp");
        var (_, width, height) = TestImages.Decode(file);
        Assert.Equal((width * height * 12L) + file.Length, DecodeCost.Of(file, default));
    }

    [Fact]
    public void Of_InterlacedPng_IsMoreThanThatOfOtherPngs() => Assert.True(
        DecodeCost.Of(ImageBombs.Png(1_400, 1_400, interlaced: true), default)
        > 3 * DecodeCost.Of(ImageBombs.Png(1_400, 1_400, interlaced: false), default));

    [Fact]
    public void Of_JpegOfManyScans_GrowsWithThem()
    {
        var file = ImageBombs.ProgressiveJpeg(1_400);
        var end = file.AsSpan(^2).ToArray();
        byte[] scan = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0, 0];
        byte[] many = [.. file.AsSpan(..^2), .. Enumerable.Repeat(scan, 80).SelectMany(bytes => bytes), .. end];

        Assert.True(DecodeCost.Of(many, default) > 15 * DecodeCost.Of(file, default));
    }

    [Fact]
    public void Of_GifWhoseFrameExceedsItsScreen_IsThatOfTheFrame()
    {
        var file = TestImages.File("cat.gif");
        var whole = DecodeCost.Of(file, default);
        file.AsSpan(6, 4).Clear();
        Assert.Equal(whole, DecodeCost.Of(file, default));
    }

    [Fact]
    public void Of_HeaderThatIsNotComplete_IsSmallUnlessTheFileIsLong()
    {
        var file = ImageBombs.ProgressiveJpeg(8_000)[..20];
        Assert.Equal(20, DecodeCost.Of(file, default));
        Assert.Equal(20, DecodeCost.Of(new byte[20], default));
        Assert.Equal(long.MaxValue, DecodeCost.Of([.. file, .. new byte[9 << 20]], default));
    }

    [Fact]
    public void Of_RawWithRegions_CountsTheWholeImageAndEachRegion()
    {
        var raw = new RawPixels(100, 100, 0, PixelFormat.Bgr24, ColorMatrix.Bt601, new byte[30_000]);
        var box = new RelativeBox(0, 0, 1, 1);

        Assert.Equal(10_000, DecodeCost.Of(raw, default));
        Assert.Equal(40_000, DecodeCost.Of(raw with { Orientation = ExifOrientation.RightTop }, default));
        Assert.Equal(60_000, DecodeCost.Of(raw, new DecodeOptions { Regions = [box, box, box, box] }));
    }
}
