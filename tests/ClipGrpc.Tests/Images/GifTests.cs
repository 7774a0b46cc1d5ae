using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Tests.Images;

/// <summary>First frames of GIFs, as Pillow gives them.</summary>
public sealed class GifTests
{
    private static readonly byte[] Palette = TestImages.Noise(3 * 16, seed: 20);
    private static readonly byte[] OtherPalette = TestImages.Noise(3 * 16, seed: 21);
    private static readonly byte[] GrayRamp = [.. Enumerable.Range(0, 48).Select(i => (byte)(i / 3))];

    private static readonly byte[] Indices =
        [.. TestImages.Noise(20 * 10, seed: 22).Select(value => (byte)(value & 15))];

    [Fact]
    public void Prepare_FirstFrameSmallerThanTheCanvas_IsFilledFromThePalette()
    {
        var prepared = TestImages.Prepare(TestImages.Case("gif-first-frame-smaller.gif"));

        Assert.Equal(Enumerable.Repeat<byte[]>([255, 0, 0], 224 * 224).SelectMany(pixel => pixel), prepared);
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(5, 5)]
    [InlineData(200, 200)]
    public void Prepare_AroundTheFrame_IsTheTransparentColorOrTheFirst(int transparent, int fill)
    {
        var file = new GifWriter(40, 30) { Palette = Palette, Background = 3 }
            .Frame(Indices, 20, 10, left: 7, top: 4, transparent: transparent);

        AssertPrepared(file, 40, 30, Palette, (x, y) =>
            x is >= 7 and < 27 && y is >= 4 and < 14 ? Indices[((y - 4) * 20) + x - 7] : fill);
    }

    [Fact]
    public void Prepare_FrameBeyondTheCanvas_EnlargesIt()
    {
        var file = new GifWriter(15, 12) { Palette = Palette }.Frame(Indices, 20, 10, left: 2, top: 5);

        AssertPrepared(file, 22, 15, Palette, (x, y) => x >= 2 && y >= 5 ? Indices[((y - 5) * 20) + x - 2] : 0);
    }

    [Fact]
    public void Prepare_FrameBeyondTheCanvas_CountsForTheLimits() => Assert.Equal(
        "The image is 65554 × 10 pixels; the maximum per side is 65,535 pixels.",
        TestImages.Refused(() => TestImages.Prepare(
            new GifWriter(1, 1) { Palette = Palette }.Frame(Indices, 20, 10, left: 65_534, top: 0))));

    [Fact]
    public void Prepare_Palettes_LocalThenGlobalThenGray()
    {
        AssertPalette(OtherPalette, Palette, OtherPalette);
        AssertPalette(OtherPalette, null, OtherPalette);
        AssertPalette(Palette, Palette, null);
        AssertPalette(GrayRamp, null, null);

        // Pillow takes a palette of grays in order for none.
        AssertPalette(Palette, Palette, GrayRamp);
        AssertPalette([.. Palette[..6], .. GrayRamp[6..]], Palette[..6], null);

        static void AssertPalette(byte[] expected, byte[]? global, byte[]? local) => AssertPrepared(
            new GifWriter(20, 10) { Palette = global }.Frame(Indices, 20, 10, local: local), 20, 10, expected,
            (x, y) => Indices[(y * 20) + x]);
    }

    [Fact]
    public void Prepare_Interlaced_PutsRowsWhereTheyBelong()
    {
        int[] order = [0, 8, 4, 2, 6, 1, 3, 5, 7, 9];
        var stored = order.SelectMany(y => Indices.Skip(y * 20).Take(20)).ToArray();
        var file = new GifWriter(20, 10) { Palette = Palette }.Frame(stored, 20, 10, isInterlaced: true);

        AssertPrepared(file, 20, 10, Palette, (x, y) => Indices[(y * 20) + x]);
    }

    [Fact]
    public void Prepare_TransparentOnWhite_IsWhite()
    {
        var file = new GifWriter(40, 30) { Palette = new byte[48] }
            .Frame(new byte[200], 20, 10, left: 7, top: 4, transparent: 0);

        Assert.All(
            TestImages.Prepare(file, new DecodeOptions(AlphaMode.White)), value => Assert.Equal(255, value));
    }

    [Fact]
    public void Prepare_Damaged_IsRefused()
    {
        var whole = new GifWriter(20, 10) { Palette = Palette }.Frame(Indices, 20, 10);
        var wrongCode = whole.ToArray();
        wrongCode[13 + 48 + 10] = 13;

        Assert.Equal(
            "The GIF image is truncated or damaged: its codes begin with 13 bits.",
            TestImages.Refused(() => TestImages.Prepare(wrongCode)));
        for (var length = 6; length < whole.Length - 3; length++)
        {
            Assert.StartsWith(
                "The GIF image is truncated or damaged: ",
                TestImages.Refused(() => TestImages.Prepare(whole[..length])),
                StringComparison.Ordinal);
        }
    }

    private static void AssertPrepared(byte[] file, int width, int height, byte[] palette, Func<int, int, int> index)
    {
        var rgb = new byte[width * height * 3];
        for (var i = 0; i < width * height; i++)
        {
            var color = index(i % width, i / width);
            for (var channel = 0; channel < 3; channel++)
            {
                var at = (color * 3) + channel;
                rgb[(i * 3) + channel] = at < palette.Length ? palette[at] : (byte)color;
            }
        }

        Assert.Equal(TestImages.Prepare(TestImages.Rgb24(rgb, width, height)), TestImages.Prepare(file));
    }
}
