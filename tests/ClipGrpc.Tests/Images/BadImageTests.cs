using System.Buffers.Binary;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Serving.Preprocessing;

namespace ClipGrpc.Tests.Images;

public sealed class BadImageTests
{
    private const int HugeEdge = 30_000;

    public static TheoryData<string> Names => [.. TestImages.Names];

    public static TheoryData<string> HugeHeaders => ["png", "jpg", "gif", "bmp"];

    [Fact]
    public void Prepare_Empty_IsRefused() =>
        Assert.Equal("The image is empty: it has no bytes.", TestImages.Refused(() => TestImages.Prepare([])));

    [Theory]
    [MemberData(nameof(HugeHeaders))]
    public void Prepare_HugeByItsHeader_IsRefusedWithoutMemory(string kind)
    {
        var file = Huge(kind);
        TestImages.Refused(() => TestImages.Prepare(file));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var message = TestImages.Refused(() => TestImages.Prepare(file));

        Assert.Equal("The image is 30000 × 30000 pixels; the maximum is 67,108,864 pixels.", message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Prepare_OverEachLimit_SaysWhichOne()
    {
        var file = TestImages.File("cat.jpg");

        Assert.Equal(
            "The image is 451 × 300 pixels; the maximum is 135,299 pixels.",
            RefusedBy(file, new ImageLimits { MaxPixels = 135_299 }));
        Assert.Equal(
            "The image is 451 × 300 pixels; the maximum per side is 450 pixels.",
            RefusedBy(file, new ImageLimits { MaxDimension = 450 }));
        Assert.Equal(
            "The image is 35,042 bytes; the maximum is 35,041 bytes.",
            RefusedBy(file, new ImageLimits { MaxEncodedBytes = 35_041 }));
    }

    [Fact]
    public void Prepare_ExactlyAtTheLimits_IsTaken()
    {
        var limits = new ImageLimits { MaxPixels = 135_300, MaxDimension = 451, MaxEncodedBytes = 35_042 };

        var actual = TestImages.Prepare(
            TestImages.File("cat.jpg"), default, TestImages.Preprocessor(limits: limits));

        Assert.Equal(TestImages.Crop("cat.jpg", CropRounding.HalfEven), actual);
    }

    [Fact]
    public void Constructor_LimitsOutOfRange_Throws()
    {
        ImageLimits[] wrong =
        [
            new() { MaxPixels = 0 }, new() { MaxPixels = (256L << 20) + 1 }, new() { MaxDimension = 0 },
            new() { MaxDimension = 65_536 }, new() { MaxEncodedBytes = 0 },
        ];

        foreach (var limits in wrong)
            Assert.Throws<ArgumentOutOfRangeException>(() => TestImages.Preprocessor(limits: limits));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Prepare_CutOffAnywhere_IsRefusedOrComplete(string name)
    {
        var whole = TestImages.File(name);
        var expected = TestImages.Crop(name, CropRounding.HalfEven);
        var preprocessor = TestImages.Preprocessor();
        var refused = 0;
        var cuts = Cuts(whole.Length).ToList();
        foreach (var cut in cuts)
        {
            try
            {
                var actual = TestImages.Prepare(whole[..cut], default, preprocessor);
                Assert.True(expected.AsSpan().SequenceEqual(actual), $"{name}, cut at {cut}, gives another image.");
            }
            catch (ClipException exception)
            {
                Assert.Equal(ClipErrorCode.InvalidInput, exception.Code);
                refused++;
            }
        }

        // What is cut from the last bytes may be an end mark only; the rest must not pass.
        Assert.InRange(refused, cuts.Count(cut => cut < whole.Length - 64), cuts.Count);
    }

    [Theory]
    [InlineData("cat.jpg", "The JPEG image is truncated: its 17,521 bytes end without an end marker (FFD9).")]
    [InlineData(
        "cat-progressive.jpg", "The JPEG image is truncated: its 6,615 bytes end without an end marker (FFD9).")]
    [InlineData("cat-palette.png", "The PNG image is truncated: its 29,875 bytes do not contain all of its 451 × 300 ")]
    [InlineData("coffee.webp", "The WebP image is truncated or damaged: it has 18,997 of the 37,994 bytes that ")]
    [InlineData("cat.gif", "The GIF image is truncated or damaged: its codes end before the first frame is complete.")]
    [InlineData("cat.bmp", "The BMP image is truncated or damaged: its 57,627 bytes do not contain all of its 240 × ")]
    public void Prepare_CutInHalf_SaysHowMuchIsThere(string name, string message)
    {
        var whole = TestImages.File(name);

        var actual = TestImages.Refused(() => TestImages.Prepare(whole[..(whole.Length / 2)]));

        Assert.StartsWith(message, actual, StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_NoiseWithAndWithoutAMagicNumber_NeverCrashes()
    {
        byte[][] starts =
        [
            [], [0xFF, 0xD8, 0xFF], TestImages.File("one-pixel.png")[..8], [.. "RIFF\x40\0\0\0WEBPVP8 "u8],
            [.. "GIF89a"u8], [.. "BM"u8],
        ];
        var preprocessor = TestImages.Preprocessor(limits: new ImageLimits { MaxPixels = 1 << 20 });
        for (var seed = 0; seed < 600; seed++)
        {
            byte[] file = [.. starts[seed % starts.Length], .. TestImages.Noise(1 + (seed * 7 % 900), seed)];
            AssertRefusedOrTaken(file, preprocessor);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Prepare_DamagedBytes_NeverCrash(string name)
    {
        var whole = TestImages.File(name);
        var random = new Random(whole.Length);
        var preprocessor = TestImages.Preprocessor(limits: new ImageLimits { MaxPixels = 1 << 20 });
        for (var round = 0; round < 40; round++)
        {
            var damaged = whole.ToArray();
            var reach = round % 2 == 0 ? damaged.Length : Math.Min(200, damaged.Length);
            for (var i = 0; i < 1 + (round % 5); i++)
                damaged[random.Next(reach)] = (byte)random.Next(256);
            AssertRefusedOrTaken(damaged, preprocessor);
        }
    }

    [Fact]
    public void Prepare_AfterABadImage_TheNextIsRight()
    {
        var preprocessor = TestImages.Preprocessor();
        var target = new byte[preprocessor.OutputLength];
        var good = TestImages.File("coffee.jpg");
        TestImages.Refused(() => preprocessor.Prepare(good.AsSpan(0, good.Length / 2), default, target));

        preprocessor.Prepare(good, default, target);

        Assert.Equal(TestImages.Crop("coffee.jpg", CropRounding.HalfEven), target);
    }

    private static string RefusedBy(byte[] file, ImageLimits limits) => TestImages.Refused(
        () => TestImages.Prepare(file, default, TestImages.Preprocessor(limits: limits)));

    private static void AssertRefusedOrTaken(byte[] file, ImagePreprocessor preprocessor)
    {
        try
        {
            TestImages.Prepare(file, default, preprocessor);
        }
        catch (ClipException exception)
        {
            Assert.Equal(ClipErrorCode.InvalidInput, exception.Code);
            Assert.EndsWith(".", exception.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Every length to 40, some in between, and the last twenty.</summary>
    private static IEnumerable<int> Cuts(int length) => Enumerable.Range(0, 40)
        .Concat(Enumerable.Range(1, 30).Select(i => (int)((long)length * i / 31)))
        .Concat(Enumerable.Range(1, 20).Select(i => length - i))
        .Where(cut => cut >= 0 && cut < length)
        .Distinct();

    private static byte[] Huge(string kind)
    {
        switch (kind)
        {
            case "png":
                return PngWriter.Write(HugeEdge, HugeEdge, 8, 2, [], HugeEdge * 3);
            case "jpg":
                var jpeg = TestImages.File("cat.jpg");
                var frame = jpeg.AsSpan().IndexOf((byte[])[0xFF, 0xC0]);
                BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 5), HugeEdge);
                BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 7), HugeEdge);
                return jpeg;
            case "gif":
                var gif = TestImages.File("cat.gif");
                BinaryPrimitives.WriteUInt16LittleEndian(gif.AsSpan(6), HugeEdge);
                BinaryPrimitives.WriteUInt16LittleEndian(gif.AsSpan(8), HugeEdge);
                return gif;
            default:
                var bmp = TestImages.File("cat.bmp");
                BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(18), HugeEdge);
                BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(22), HugeEdge);
                return bmp;
        }
    }
}
