using ClipGrpc.Imaging.Files;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Serving.Preprocessing;
using SkiaSharp;

namespace ClipGrpc.Tests.Images;

/// <summary>PNGs of every kind with random bytes, against the decoder of the library that is used for JPEG.</summary>
public sealed unsafe class PngRowsTests
{
    private const int Height = 37;
    private readonly Random _random = new(1);

    public static TheoryData<int, int> Kinds =>
    [
        (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16),
        (6, 8), (6, 16),
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Read_EveryFilterAndWidth_EqualsTheLibrary(int colorType, int depth)
    {
        for (var width = 1; width <= 40; width++)
        {
            var file = Write(width, colorType, depth);
            AssertEqual(Expected(file, AlphaMode.Drop), Read(file, AlphaMode.Drop, 0));
            AssertEqual(Expected(file, AlphaMode.White), Read(file, AlphaMode.White, 0));
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 2)]
    [InlineData(0, 4)]
    [InlineData(0, 8)]
    [InlineData(0, 16)]
    [InlineData(2, 8)]
    [InlineData(2, 16)]
    [InlineData(3, 2)]
    [InlineData(3, 8)]
    public void Read_TransparentColor_EqualsTheLibrary(int colorType, int depth)
    {
        const int Width = 33;
        var bytes = colorType switch { 0 => 2, 2 => 6, _ => 1 << depth };
        for (var i = 0; i < 20; i++)
        {
            // One or two values per sample, so that some pixels have the color.
            var transparency = new byte[bytes];
            _random.NextBytes(transparency);
            if (colorType != 3 && depth < 16)
            {
                for (var high = 0; high < bytes; high += 2)
                    transparency[high] = 0;
            }

            var file = Write(
                Width, colorType, depth, ("tRNS", transparency), row => Fill(row, colorType, depth, transparency));
            AssertEqual(Expected(file, AlphaMode.White), Read(file, AlphaMode.White, 0));
        }
    }

    [Fact]
    public void Read_RowsFromTheMiddle_AreThose()
    {
        var file = Write(21, 2, 8);
        AssertEqual(Expected(file, AlphaMode.Drop)[(13 * 21 * 4)..], Read(file, AlphaMode.Drop, first: 13));
    }

    [Fact]
    public void Read_PixelsInManyChunks_AreOneStream()
    {
        var rows = RandomRows(30 * 3);
        var compressed = PngWriter.Compress(rows, 30 * 3, row => (byte)(row % 5));
        var pixels = compressed.Chunk(7).SelectMany(part => new[] { ("IDAT", part), ("IDAT", Array.Empty<byte>()) });
        var file = PngWriter.Write(30, Height, 8, 2, [.. pixels]);
        AssertEqual(Expected(file, AlphaMode.Drop), Read(file, AlphaMode.Drop, 0));
    }

    [Fact]
    public void Read_OtherChunkAmongThePixels_IsTruncated()
    {
        var compressed = PngWriter.Compress(RandomRows(90), 90, _ => 0);
        var file = PngWriter.Write(
            30, Height, 8, 2,
            [("IDAT", compressed[..500]), ("teXt", "Comment\0"u8.ToArray()), ("IDAT", compressed[500..])]);
        Assert.Contains("is truncated: ", ErrorOf(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(255)]
    public void Read_UnknownFilter_IsNamed(byte filter)
    {
        var rows = PngWriter.Compress(RandomRows(90), 90, row => row == 3 ? filter : (byte)0);
        var file = PngWriter.Write(30, Height, 8, 2, [("IDAT", rows)]);
        Assert.Contains($"its row 3 has the unknown filter {filter}", ErrorOf(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Read_ChecksumOfPixelsIsWrong_IsRefused(int chunks)
    {
        var compressed = PngWriter.Compress(RandomRows(90), 90, _ => 0);
        var file = PngWriter.Write(
            30, Height, 8, 2,
            [.. compressed.Chunk((compressed.Length + chunks - 1) / chunks).Select(part => ("IDAT", part))]);
        var last = file.AsSpan().LastIndexOf("IEND"u8) - 5; // the checksum of the last chunk of pixels ends here
        file[last] ^= 1;
        Assert.Contains("the checksum of its IDAT chunk is wrong", ErrorOf(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_PixelsAreNoZlib_IsDamaged()
    {
        var file = PngWriter.Write(30, Height, 8, 2, [("IDAT", new byte[5000])]);
        Assert.Contains("truncated or damaged: its ", ErrorOf(file), StringComparison.Ordinal);
    }

    private static string ErrorOf(byte[] file) =>
        Assert.Throws<ClipException>(() => Read(file, AlphaMode.Drop, 0)).Message;

    private static void AssertEqual(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (i % 4 != 3)
                Assert.True(expected[i] == actual[i], $"Byte {i} is {actual[i]} instead of {expected[i]}.");
        }
    }

    private static byte[] Read(byte[] file, AlphaMode alpha, int first)
    {
        PngFile.Check(file, out var layout);
        fixed (byte* bytes = file)
        {
            using var rows = new PngRows(bytes, file.Length, layout, alpha);
            var pixels = new List<byte>();
            for (var y = first; y < rows.Height; y += PixelRows.MaxRowsPerRead)
            {
                var count = Math.Min(PixelRows.MaxRowsPerRead, rows.Height - y);
                pixels.AddRange(rows.Read(y, count)[..(count * rows.Width * 4)]);
            }

            rows.Complete();
            return [.. pixels];
        }
    }

    private static byte[] Expected(byte[] file, AlphaMode alpha)
    {
        using var data = SKData.CreateCopy(file);
        using var codec = ImageDecoder.Open(data, ImageFormat.Png, new ImageLimits());
        using var pixels = ImageDecoder.DecodeWhole(codec, ImageFormat.Png, file.Length);
        if (alpha == AlphaMode.White)
            AlphaBlend.OnWhite(pixels.Pixels);
        return pixels.Pixels[..(codec.Info.Width * codec.Info.Height * 4)].ToArray();
    }

    private byte[] Write(
        int width, int colorType, int depth, (string Type, byte[] Data)? transparency = null,
        Action<byte[]>? fill = null)
    {
        var channels = colorType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        var rowBytes = (width * channels * depth + 7) / 8;
        var rows = RandomRows(rowBytes);
        fill?.Invoke(rows);
        var palette = new byte[3 << Math.Min(depth, 8)];
        _random.NextBytes(palette);
        (string, byte[])[] chunks =
            [.. colorType == 3 ? [("PLTE", palette)] : Array.Empty<(string, byte[])>(),
                .. transparency is { } chunk ? [chunk] : Array.Empty<(string, byte[])>()];
        var pixels = PngWriter.Compress(rows, rowBytes, row => fill is null ? (byte)(row % 5) : (byte)0);
        return PngWriter.Write(width, Height, depth, colorType, [("IDAT", pixels)], chunks);
    }

    /// <summary>Puts the transparent color, and one that differs in the last byte, at random places.</summary>
    private void Fill(byte[] rows, int colorType, int depth, byte[] transparency)
    {
        if (colorType == 3 || depth < 8)
            return;
        var bytes = depth / 8;
        var channels = colorType == 2 ? 3 : 1;
        for (var i = 0; i + channels * bytes <= rows.Length; i += channels * bytes)
        {
            for (var channel = 0; channel < channels; channel++)
                transparency.AsSpan(channel * 2 + 2 - bytes, bytes).CopyTo(rows.AsSpan(i + channel * bytes));
            if (_random.Next(2) == 0)
                rows[i + _random.Next(channels * bytes)] ^= 1;
        }
    }

    private byte[] RandomRows(int rowBytes)
    {
        var rows = new byte[Height * rowBytes];
        _random.NextBytes(rows);
        return rows;
    }
}
