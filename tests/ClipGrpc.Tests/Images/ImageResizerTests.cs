using ClipGrpc.Imaging.Resizing;

namespace ClipGrpc.Tests.Images;

public sealed class ImageResizerTests
{
    [Theory]
    [InlineData(1, 1, 8)]
    [InlineData(1, 9, 8)]
    [InlineData(9, 1, 8)]
    [InlineData(2, 3, 7)]
    [InlineData(8, 8, 8)]
    [InlineData(8, 31, 8)]
    [InlineData(31, 8, 8)]
    [InlineData(9, 8, 8)]
    [InlineData(100, 7, 5)]
    [InlineData(64, 48, 33)]
    [InlineData(331, 217, 32)]
    [InlineData(217, 331, 96)]
    [InlineData(900, 8, 8)]
    [InlineData(6, 601, 5)]
    [InlineData(6, 599, 5)]
    [InlineData(12, 2000, 9)]
    public void Run_AnyShape_EqualsTheReference(int width, int height, int size)
    {
        var rgb = TestImages.Noise(width * height * 3, seed: width + height + size);
        foreach (var rounding in Enum.GetValues<CropRounding>())
        {
            var actual = TestImages.Prepare(
                TestImages.Rgb24(rgb, width, height), default, TestImages.Preprocessor(size, rounding));

            Assert.Equal(ReferenceResizer.Run(rgb, width, height, size, rounding), actual);
        }

        var squashed = TestImages.Prepare(
            TestImages.Rgb24(rgb, width, height), default, TestImages.Preprocessor(size, mode: ResizeMode.Squash));
        Assert.Equal(ReferenceResizer.Squash(rgb, width, height, size), squashed);
    }

    [Fact]
    public void Run_RandomShapes_EqualsTheReference()
    {
        var random = new Random(20);
        for (var i = 0; i < 60; i++)
        {
            var (width, height, size) = (random.Next(1, 130), random.Next(1, 130), random.Next(1, 50));
            var rgb = TestImages.Noise(width * height * 3, seed: i);

            var actual = TestImages.Prepare(
                TestImages.Rgb24(rgb, width, height), default, TestImages.Preprocessor(size));

            var expected = ReferenceResizer.Run(rgb, width, height, size, CropRounding.HalfEven);
            Assert.True(expected.AsSpan().SequenceEqual(actual), $"{width} × {height} to {size} differs.");
        }
    }

    [Fact]
    public void Run_HardEdges_ClipsOvershootOnBothSides()
    {
        const int Edge = 40;
        var rgb = new byte[Edge * Edge * 3];
        for (var i = 0; i < Edge * Edge; i++)
            rgb.AsSpan(i * 3, 3).Fill((i % Edge / 5 + i / Edge / 5) % 2 == 0 ? (byte)255 : (byte)0);

        var actual = TestImages.Prepare(TestImages.Rgb24(rgb, Edge, Edge), default, TestImages.Preprocessor(96));

        Assert.Equal(ReferenceResizer.Run(rgb, Edge, Edge, 96, CropRounding.HalfEven), actual);
        Assert.Contains((byte)0, actual);
        Assert.Contains((byte)255, actual);
    }

    [Fact]
    public void Run_OneColour_StaysThatColour()
    {
        byte[] colour = [3, 128, 250];
        var rgb = Enumerable.Range(0, 77 * 50 * 3).Select(i => colour[i % 3]).ToArray();

        var actual = TestImages.Prepare(TestImages.Rgb24(rgb, 77, 50));

        Assert.All(actual.Select((value, i) => (value, i)), pixel => Assert.Equal(colour[pixel.i % 3], pixel.value));
    }

    [Fact]
    public void Constructor_SizeOutOfRange_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => TestImages.Preprocessor(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => TestImages.Preprocessor(4097));
    }
}
