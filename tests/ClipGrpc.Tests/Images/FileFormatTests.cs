using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;

namespace ClipGrpc.Tests.Images;

/// <summary>Kinds of files that the golden folder does not have.</summary>
public sealed class FileFormatTests
{
    private const int Width = 61;
    private const int Height = 43;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 3)]
    [InlineData(4, 2)]
    [InlineData(6, 4)]
    public void Prepare_Png16Bit_KeepsTheHighByte(int colourType, int channels)
    {
        var samples = TestImages.Noise(Width * Height * channels * 2, seed: colourType);
        var file = PngWriter.Write(Width, Height, 16, colourType, samples, Width * channels * 2);
        var rgb = new byte[Width * Height * 3];
        for (var i = 0; i < Width * Height; i++)
        {
            for (var channel = 0; channel < 3; channel++)
                rgb[(i * 3) + channel] = samples[((i * channels) + (channels < 3 ? 0 : channel)) * 2];
        }

        Assert.Equal(TestImages.Prepare(TestImages.Rgb24(rgb, Width, Height)), TestImages.Prepare(file));
    }

    [Fact]
    public void Prepare_PngOneBit_IsBlackAndWhite()
    {
        const int RowBytes = (Width + 7) / 8;
        var bits = TestImages.Noise(RowBytes * Height, seed: 4);
        var file = PngWriter.Write(Width, Height, 1, 0, bits, RowBytes);
        var grey = new byte[Width * Height];
        for (var i = 0; i < grey.Length; i++)
        {
            var (y, x) = Math.DivRem(i, Width);
            grey[i] = (bits[(y * RowBytes) + (x / 8)] & (0x80 >> (x % 8))) != 0 ? (byte)255 : (byte)0;
        }

        Assert.Equal(
            TestImages.Prepare(new RawPixels(Width, Height, 0, PixelFormat.Gray8, default, grey)),
            TestImages.Prepare(file));
    }

    [Fact]
    public void Prepare_PngWithTransparentPaletteEntries_KeepsTheirColours()
    {
        var indices = TestImages.Noise(Width * Height, seed: 5);
        var palette = TestImages.Noise(256 * 3, seed: 6);
        var alphas = TestImages.Noise(256, seed: 7);
        var file = PngWriter.Write(Width, Height, 8, 3, indices, Width, ("PLTE", palette), ("tRNS", alphas));
        var rgb = indices.SelectMany(index => palette.Skip(index * 3).Take(3)).ToArray();

        Assert.Equal(TestImages.Prepare(TestImages.Rgb24(rgb, Width, Height)), TestImages.Prepare(file));
    }

    [Theory]
    [InlineData(8, 10)]
    [InlineData(4, 3)]
    [InlineData(1, 1)]
    public void Prepare_PngWithColorsThatThePaletteLacks_TakesTheGraysOfTheirNumbers(int depth, int colors)
    {
        var rowBytes = ((Width * depth) + 7) / 8;
        var rows = TestImages.Noise(rowBytes * Height, seed: 14);
        var palette = TestImages.Noise(colors * 3, seed: 15);
        var file = PngWriter.Write(Width, Height, depth, 3, rows, rowBytes, ("PLTE", palette));
        var rgb = new byte[Width * Height * 3];
        for (var i = 0; i < Width * Height; i++)
        {
            var (y, x) = Math.DivRem(i, Width);
            var shift = 8 - depth - (x * depth % 8);
            var index = (rows[(y * rowBytes) + (x * depth / 8)] >> shift) & ((1 << depth) - 1);
            for (var channel = 0; channel < 3; channel++)
                rgb[(i * 3) + channel] = index < colors ? palette[(index * 3) + channel] : (byte)index;
        }

        Assert.Equal(TestImages.Prepare(TestImages.Rgb24(rgb, Width, Height)), TestImages.Prepare(file));
    }

    [Fact]
    public void Prepare_PngWithColourProfileOrGamma_IsNotConverted()
    {
        var rgb = TestImages.Noise(Width * Height * 3, seed: 8);
        var file = PngWriter.Write(Width, Height, 8, 2, rgb, Width * 3, ("gAMA", [0, 0, 0xFF, 0xFF]));

        Assert.Equal(TestImages.Prepare(TestImages.Rgb24(rgb, Width, Height)), TestImages.Prepare(file));
    }

    [Fact]
    public void Prepare_AnimatedGif_TakesTheFirstFrame() => Assert.Equal(
        TestImages.Crop("cat.gif", CropRounding.HalfEven),
        TestImages.Prepare(GifFiles.WithSecondFrame(TestImages.File("cat.gif"))));

    [Fact]
    public void Prepare_BytesBehindTheEnd_AreIgnored()
    {
        foreach (var name in (string[])["cat.jpg", "cat.gif", "cat-palette.png", "cat.bmp"])
        {
            byte[] file = [.. TestImages.File(name), .. TestImages.Noise(100, seed: 1)];
            Assert.Equal(TestImages.Crop(name, CropRounding.HalfEven), TestImages.Prepare(file));
        }
    }
}
