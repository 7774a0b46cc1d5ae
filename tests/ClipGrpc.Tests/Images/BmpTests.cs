using System.Buffers.Binary;

namespace ClipGrpc.Tests.Images;

/// <summary>BMPs of every kind that Pillow reads.</summary>
public sealed class BmpTests
{
    private const int Width = 31;
    private const int Height = 17;
    private static readonly byte[] Palette = TestImages.Noise(4 * 256, seed: 30);
    private static readonly uint[] Masks555 = [0x7C00, 0x3E0, 0x1F, 0];
    private static readonly uint[] Masks565 = [0xF800, 0x7E0, 0x1F, 0];

    [Fact]
    public void Prepare_Ramp555_IsRoundedDown()
    {
        var file = TestImages.Case("bmp-16bit-ramp.bmp");
        var rows = Enumerable.Range(0, 32).Select(y => file.AsSpan(54 + ((31 - y) * 64), 64).ToArray());

        AssertPrepared(file, 32, 32, [.. rows.SelectMany(row => row.Chunk(2)).SelectMany(Rgb555)]);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(52)]
    [InlineData(56)]
    [InlineData(108)]
    [InlineData(124)]
    public void Prepare_16BitsWithMasks_AreRoundedDown(int headerLength)
    {
        var rows = Rows(16);

        AssertPrepared(
            BmpWriter.Write(Width, Height, 16, rows, headerLength, masks: Masks555), Pixels(rows, 2, Rgb555));
        AssertPrepared(
            BmpWriter.Write(Width, Height, 16, rows, headerLength, masks: Masks565), Pixels(rows, 2, Rgb565));
    }

    [Theory]
    [InlineData(0xFF0000u, 0xFF00u, 0xFFu, 0u)]
    [InlineData(0xFF000000u, 0xFF0000u, 0xFF00u, 0xFFu)]
    [InlineData(0xFFu, 0xFF00u, 0xFF0000u, 0xFF000000u)]
    public void Prepare_32BitsWithMasks_TakesTheirBytes(uint red, uint green, uint blue, uint alpha)
    {
        var rows = Rows(32);

        AssertPrepared(
            BmpWriter.Write(Width, Height, 32, rows, 108, masks: [red, green, blue, alpha]),
            Pixels(rows, 4, pixel => [ByteOf(pixel, red), ByteOf(pixel, green), ByteOf(pixel, blue)]));

        static byte ByteOf(byte[] pixel, uint mask) => pixel[uint.TrailingZeroCount(mask) / 8];
    }

    [Theory]
    [InlineData(16, 0xF00u, 0xF0u, 0xFu)]
    [InlineData(32, 0x3FF00000u, 0xFFC00u, 0x3FFu)]
    [InlineData(32, 0xFFu, 0xFFu, 0xFFu)]
    public void Prepare_OtherMasks_AreRefused(int bits, uint red, uint green, uint blue) => Assert.Equal(
        $"The BMP image is not supported: its color masks of {bits} bits are {red:X8} {green:X8} {blue:X8} 00000000. " +
        "Save it with 24 bits per pixel.",
        TestImages.Refused(() => TestImages.Prepare(
            BmpWriter.Write(Width, Height, bits, Rows(bits), 40, masks: [red, green, blue, 0]))));

    [Theory]
    [InlineData(1, 2)]
    [InlineData(4, 16)]
    [InlineData(4, 5)]
    [InlineData(8, 256)]
    [InlineData(8, 100)]
    public void Prepare_Palette_AddsTheGraysThatItLacks(int bits, int colors)
    {
        var rows = Rows(bits);
        var file = BmpWriter.Write(Width, Height, bits, rows, palette: Palette[..(colors * 4)]);

        AssertPrepared(file, Pixels(rows, bits, colors));
    }

    [Fact]
    public void Prepare_TopDown_IsNotTurned()
    {
        var rows = Rows(24);

        AssertPrepared(
            BmpWriter.Write(Width, Height, 24, rows, isTopDown: true),
            Pixels(rows, 3, pixel => [pixel[2], pixel[1], pixel[0]]));
    }

    [Fact]
    public void Prepare_RunLength8_IsDecoded()
    {
        byte[] runs = [20, 3, 0, 3, 7, 8, 9, 0, 8, 5, 0, 0, 31, 6, 0, 1];
        var file = BmpWriter.WriteRuns(Width, 2, 8, runs, Palette);
        var below = Enumerable.Repeat(3, 20).Concat([7, 8, 9]).Concat(Enumerable.Repeat(5, 8));
        var above = Enumerable.Repeat(6, 31);

        var rgb = above.Concat(below).SelectMany(index => Color((byte)index, 256)).ToArray();
        Assert.Equal(TestImages.Prepare(TestImages.Rgb24(rgb, Width, 2)), TestImages.Prepare(file));
    }

    [Fact]
    public void Prepare_RunsThatEndEarlyOrJump_AreRefused()
    {
        Assert.Contains(
            "do not contain all of its 31 × 2 pixels",
            TestImages.Refused(() => TestImages.Prepare(BmpWriter.WriteRuns(Width, 2, 8, [31, 6, 0, 1], Palette))),
            StringComparison.Ordinal);
        Assert.Contains(
            "deltas",
            TestImages.Refused(() => TestImages.Prepare(
                BmpWriter.WriteRuns(Width, 2, 8, [0, 2, 3, 1, 31, 6, 0, 1], Palette))),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_LastRowWithoutPadding_IsPrepared()
    {
        var file = BmpWriter.Write(Width, Height, 24, Rows(24));

        Assert.Equal(TestImages.Prepare(file), TestImages.Prepare(file[..^3]));
        Assert.Contains(
            "do not contain all of its 31 × 17 pixels",
            TestImages.Refused(() => TestImages.Prepare(file[..^4])),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_HeaderCutAnywhere_IsRefused()
    {
        var file = BmpWriter.Write(Width, Height, 16, Rows(16), 40, masks: Masks565);

        for (var length = 2; length < 66; length++)
            TestImages.Refused(() => TestImages.Prepare(file[..length]));
    }

    /// <summary>From the top.</summary>
    private static byte[][] Rows(int bits) =>
        [.. Enumerable.Range(0, Height).Select(y => TestImages.Noise(((Width * bits) + 7) / 8, seed: y))];

    private static byte[] Pixels(byte[][] rows, int bytes, Func<byte[], byte[]> convert) =>
        [.. rows.SelectMany(row => row.Chunk(bytes)).SelectMany(convert)];

    private static byte[] Pixels(byte[][] rows, int bits, int colors) =>
    [
        .. rows.SelectMany(row => Enumerable.Range(0, Width).SelectMany(x =>
        {
            var shift = 8 - bits - (x * bits % 8);
            return Color((byte)((row[x * bits / 8] >> shift) & ((1 << bits) - 1)), colors);
        })),
    ];

    private static byte[] Color(byte index, int colors) => index < colors
        ? [Palette[(index * 4) + 2], Palette[(index * 4) + 1], Palette[index * 4]]
        : [index, index, index];

    private static byte[] Rgb555(byte[] pixel)
    {
        var word = BinaryPrimitives.ReadUInt16LittleEndian(pixel);
        return [Scale(word >> 10, 31), Scale(word >> 5, 31), Scale(word, 31)];
    }

    private static byte[] Rgb565(byte[] pixel)
    {
        var word = BinaryPrimitives.ReadUInt16LittleEndian(pixel);
        return [Scale(word >> 11, 31), Scale(word >> 5, 63), Scale(word, 31)];
    }

    private static byte Scale(int value, int max) => (byte)((value & max) * 255 / max);

    private static void AssertPrepared(byte[] file, byte[] rgb) => AssertPrepared(file, Width, Height, rgb);

    private static void AssertPrepared(byte[] file, int width, int height, byte[] rgb) =>
        Assert.Equal(TestImages.Prepare(TestImages.Rgb24(rgb, width, height)), TestImages.Prepare(file));
}
