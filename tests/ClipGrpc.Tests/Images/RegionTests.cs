using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Serving.Preprocessing;

namespace ClipGrpc.Tests.Images;

public sealed class RegionTests
{
    private static readonly ImagePreprocessor Preprocessor =
        new(new ImageTransform(TestImages.Size, CropRounding.HalfEven), new ImageLimits());

    private static readonly RelativeBox[] Boxes =
    [
        new(0, 0, 1, 1), new(0.25f, 0.1f, 0.5f, 0.8f), new(0.7f, 0.33f, 0.3f, 0.1f),
        new(0.999f, 0.999f, 0.001f, 0.001f),
    ];

    private static byte[] Crop(byte[] rgb, int width, PixelBox box)
    {
        var rows = Enumerable.Range(box.Top, box.Height)
            .Select(y => rgb.AsSpan(((y * width) + box.Left) * 3, box.Width * 3).ToArray());
        return [.. rows.SelectMany(row => row)];
    }

    private static RawPixels Raw(byte[] rgb, int width, int height) => new(
        (uint)width, (uint)height, 0, PixelFormat.Rgb24, ColorMatrix.Bt601, rgb);

    private static byte[] Expected(byte[] rgb, int width, int height) => [.. Boxes.SelectMany(relative =>
    {
        var box = relative.ToPixels(width, height);
        var target = new byte[Preprocessor.OutputLength];
        Preprocessor.Prepare(Raw(Crop(rgb, width, box), box.Width, box.Height), default, target);
        return target;
    })];

    private static byte[] Target() => new byte[Boxes.Length * Preprocessor.OutputLength];

    [Fact]
    public void Prepare_RegionsOfPixels_EqualThoseOfThePixelsCutOut()
    {
        var (rgb, width, height) = TestImages.Decode(TestImages.File("cat.jpg"));
        var target = Target();
        Preprocessor.Prepare(Raw(rgb, width, height), new DecodeOptions { Regions = Boxes }, target);
        Assert.Equal(Expected(rgb, width, height), target);
    }

    [Fact]
    public void Prepare_RegionsOfAFile_EqualThoseOfItsPixels()
    {
        var file = TestImages.File("cat.jpg");
        var (rgb, width, height) = TestImages.Decode(file);
        var target = Target();
        Preprocessor.Prepare(file, new DecodeOptions { Regions = Boxes }, target);
        Assert.Equal(Expected(rgb, width, height), target);
    }

    [Fact]
    public void Prepare_TurnedPixels_RegionsAreOfTheUprightImage()
    {
        var random = new Random(1);
        var stored = new byte[300 * 200 * 3];
        random.NextBytes(stored);
        var upright = new byte[stored.Length];
        for (var y = 0; y < 300; y++)
        {
            for (var x = 0; x < 200; x++)
                stored.AsSpan(((((199 - x) * 300) + y) * 3), 3).CopyTo(upright.AsSpan(((y * 200) + x) * 3));
        }

        var target = Target();
        var turned = Raw(stored, 300, 200) with { Orientation = Orientation.OfRotation(90)!.Value };
        Preprocessor.Prepare(turned, new DecodeOptions { Regions = Boxes }, target);
        Assert.Equal(Expected(upright, 200, 300), target);
    }

    [Fact]
    public void Prepare_RegionOfPixelsOfTheModelsSize_IsCutOut()
    {
        var rgb = new byte[TestImages.Size * TestImages.Size * 3];
        new Random(1).NextBytes(rgb);
        var target = Target();
        Preprocessor.Prepare(
            Raw(rgb, TestImages.Size, TestImages.Size), new DecodeOptions { Regions = Boxes }, target);
        Assert.Equal(Expected(rgb, TestImages.Size, TestImages.Size), target);
    }

    [Theory]
    [InlineData(0, 1, 10, 0, 10)]
    [InlineData(0.25f, 0.5f, 10, 3, 5)]
    [InlineData(0.24f, 0.5f, 10, 2, 5)]
    [InlineData(0.1f, 0.9f, 10, 1, 9)]
    [InlineData(0.5f, 0.01f, 10, 5, 1)]
    [InlineData(0.99f, 0.01f, 10, 9, 1)]
    [InlineData(0.4f, 0.6f, 1, 0, 1)]
    public void ToPixels_Edges_AreRoundedToTheNearestPixel(float start, float length, int size, int left, int pixels)
    {
        var box = new RelativeBox(start, start, length, length).ToPixels(size, size);
        Assert.Equal(new PixelBox(left, left, pixels, pixels), box);
    }
}
