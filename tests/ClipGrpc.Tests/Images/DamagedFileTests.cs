using System.Buffers.Binary;

namespace ClipGrpc.Tests.Images;

/// <summary>Damage that the decoder passes over and Pillow refuses.</summary>
public sealed class DamagedFileTests
{
    private const int Width = 60;
    private const int Height = 40;

    [Fact]
    public void Prepare_JpegScanBeforeAnotherImage_IsRefused() => Assert.Equal(
        "The JPEG image is truncated or damaged: its scan breaks off before the marker FFD8.",
        TestImages.Refused(() => TestImages.Prepare(TestImages.Case("fifth-then-whole-again.jpg"))));

    [Fact]
    public void Prepare_JpegWithoutEndMark_SaysSo() => Assert.Equal(
        "The JPEG image is truncated: its 3,987 bytes end without an end marker (FFD9).",
        TestImages.Refused(() => TestImages.Prepare(TestImages.Case("base-noeoi.jpg"))));

    /// <summary>What Pillow refuses behind a scan, wherever in it the mark is.</summary>
    [Theory]
    [InlineData("FFD8", "its scan breaks off before the marker FFD8")]
    [InlineData("FFC0000B080010001001011100", "its scan breaks off before the marker FFC0")]
    [InlineData("FFDA", "its scan breaks off before the marker FFDA")]
    [InlineData("FF02", "its scan breaks off before the marker FF02")]
    [InlineData("FFF3", "its scan breaks off before the marker FFF3")]
    [InlineData("FFDD0003", "its segment FFDD is not valid")]
    [InlineData("FFDB000304", "its segment FFDB is not valid")]
    [InlineData("FFCC00042000", "its segment FFCC is not valid")]
    [InlineData("FFCC00040001", "its segment FFCC is not valid")]
    [InlineData("FFC4001300FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "its segment FFC4 is not valid")]
    public void Prepare_JpegScanBrokenByAMark_IsRefused(string mark, string message)
    {
        foreach (var percent in (int[])[20, 50, 99])
        {
            Assert.Equal(
                $"The JPEG image is truncated or damaged: {message}.",
                TestImages.Refused(() => TestImages.Prepare(BreakScan(percent, mark))));
        }
    }

    /// <summary>Pillow takes the rest of the scan for gray.</summary>
    [Theory]
    [InlineData("FFD9")]
    [InlineData("FFD3")]
    [InlineData("FF01")]
    [InlineData("FFFE000501020304")]
    [InlineData("FFE10004")]
    [InlineData("FFCC00040010")]
    public void Prepare_JpegScanBrokenByAMarkThatMayFollow_IsPrepared(string mark)
    {
        var prepared = TestImages.Prepare(BreakScan(50, mark));

        Assert.NotEqual(TestImages.Prepare(TestImages.File("cat.jpg")), prepared);
    }

    [Fact]
    public void Prepare_JpegFollowedByAnother_IsPrepared()
    {
        byte[] two = [.. TestImages.File("cat.jpg"), .. TestImages.File("coffee.jpg")];

        Assert.Equal(TestImages.Prepare(TestImages.File("cat.jpg")), TestImages.Prepare(two));
    }

    [Fact]
    public void Prepare_PngChecksumBeforePixelsWrong_IsRefused()
    {
        var file = Png(("tEXt", [.. "Comment\0hello"u8]));
        file[45] ^= 1;

        Assert.Equal(
            "The PNG image is truncated or damaged: the checksum of its tEXt chunk is wrong.",
            TestImages.Refused(() => TestImages.Prepare(file)));
    }

    [Theory]
    [InlineData("gAMA", 3)]
    [InlineData("pHYs", 8)]
    [InlineData("sRGB", 0)]
    [InlineData("tRNS", 5)]
    [InlineData("cHRM", 5)]
    [InlineData("acTL", 7)]
    [InlineData("fcTL", 25)]
    public void Prepare_PngChunkTooShort_IsRefused(string type, int length) => Assert.Equal(
        $"The PNG image is truncated or damaged: its {type} chunk is not valid.",
        TestImages.Refused(() => TestImages.Prepare(Png((type, new byte[length])))));

    [Fact]
    public void Prepare_PngCutOffInAChunkBehindThePixels_IsRefused()
    {
        var whole = Png();
        byte[] file = [.. whole.AsSpan(0, whole.Length - 12), 0, 0, 0, 9, .. "tEXtComm"u8];

        Assert.Equal(
            "The PNG image is truncated or damaged: its tEXt chunk has 4 of 9 bytes.",
            TestImages.Refused(() => TestImages.Prepare(file)));
    }

    [Fact]
    public void Prepare_PngWithoutEndChunk_IsPrepared()
    {
        var whole = Png();

        Assert.Equal(TestImages.Prepare(whole), TestImages.Prepare(whole[..^12]));
    }

    [Fact]
    public void Prepare_WebPContainerThatDoesNotHold_IsRefused()
    {
        var plain = TestImages.File("coffee.webp");
        var extended = MetadataFiles.WebPWith(plain, 600, 400, "EXIF", new byte[40]);

        // The pixels are all there, but not what was to follow.
        Refused(
            extended[..^20],
            $"The WebP image is truncated or damaged: it has {extended.Length - 20:N0} of the {extended.Length:N0} ");
        var longer = extended.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(longer.AsSpan(longer.Length - 44), 60);
        Refused(longer, "The WebP image is truncated or damaged: a chunk of 60 bytes exceeds the remaining 40 bytes");
        byte[] more = [.. extended, 1, 2, 3];
        BinaryPrimitives.WriteInt32LittleEndian(more.AsSpan(4), more.Length - 8);
        Refused(more, "The WebP image is truncated or damaged: its last 3 bytes are not a complete chunk");

        static void Refused(byte[] file, string message) => Assert.StartsWith(
            message, TestImages.Refused(() => TestImages.Prepare(file)), StringComparison.Ordinal);
    }

    private static byte[] Png(params (string Type, byte[] Data)[] chunks) => PngWriter.Write(
        Width, Height, 8, 2, TestImages.Noise(Width * Height * 3, seed: 2), Width * 3, chunks);

    /// <summary>A JPEG of which the scan goes on behind a mark that does not belong there.</summary>
    private static byte[] BreakScan(int percent, string mark)
    {
        var file = TestImages.File("cat.jpg");
        var scan = file.AsSpan().IndexOf((byte[])[0xFF, 0xDA]);
        var at = scan + 20 + ((file.Length - scan - 30) * percent / 100);
        while (file[at - 1] == 0xFF)
            at--;
        return [.. file.AsSpan(0, at), .. Convert.FromHexString(mark), .. file.AsSpan(at)];
    }
}
