using System.Buffers.Binary;
using ClipGrpc.Server;
using ClipGrpc.Server.Images;

namespace ClipGrpc.Tests.Images;

public sealed class BadPictureTests
{
    private const int HugeEdge = 30_000;

    public static TheoryData<string> Names => [.. TestPictures.Names];

    public static TheoryData<string> HugeHeaders => ["png", "jpg", "gif", "bmp"];

    [Fact]
    public void Prepare_Empty_IsRefused() =>
        Assert.Equal("The picture is empty: it has no bytes.", TestPictures.Refused(() => TestPictures.Prepare([])));

    [Fact]
    public void Prepare_NotAPicture_IsRefused() => Assert.Equal(
        "The 21 bytes are not a picture of a known kind: JPEG, PNG, WebP, GIF and BMP are taken.",
        TestPictures.Refused(() => TestPictures.Prepare([.. "this is not a picture"u8])));

    [Theory]
    [MemberData(nameof(HugeHeaders))]
    public void Prepare_HugeByItsHeader_IsRefusedWithoutMemory(string kind)
    {
        var file = Huge(kind);
        TestPictures.Refused(() => TestPictures.Prepare(file));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var message = TestPictures.Refused(() => TestPictures.Prepare(file));

        Assert.Equal("The picture is 30000 × 30000 pixels; at most 67,108,864 pixels are taken.", message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Prepare_OverEachLimit_SaysWhichOne()
    {
        var file = TestPictures.File("cat.jpg");

        Assert.Equal(
            "The picture is 451 × 300 pixels; at most 135,299 pixels are taken.",
            RefusedBy(file, new ImageLimits { MaxPixels = 135_299 }));
        Assert.Equal(
            "The picture is 451 × 300 pixels; no edge may be longer than 450 pixels.",
            RefusedBy(file, new ImageLimits { MaxDimension = 450 }));
        Assert.Equal(
            "The picture is 35,042 bytes; at most 35,041 bytes are taken.",
            RefusedBy(file, new ImageLimits { MaxEncodedBytes = 35_041 }));
    }

    [Fact]
    public void Prepare_ExactlyAtTheLimits_IsTaken()
    {
        var limits = new ImageLimits { MaxPixels = 135_300, MaxDimension = 451, MaxEncodedBytes = 35_042 };

        var actual = TestPictures.Prepare(
            TestPictures.File("cat.jpg"), default, TestPictures.Preprocessor(limits: limits));

        Assert.Equal(TestPictures.Crop("cat.jpg", CropRounding.HalfEven), actual);
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
            Assert.Throws<ArgumentOutOfRangeException>(() => TestPictures.Preprocessor(limits: limits));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Prepare_CutOffAnywhere_IsRefusedOrComplete(string name)
    {
        var whole = TestPictures.File(name);
        var expected = TestPictures.Crop(name, CropRounding.HalfEven);
        var preprocessor = TestPictures.Preprocessor();
        var refused = 0;
        var cuts = Cuts(whole.Length).ToList();
        foreach (var cut in cuts)
        {
            try
            {
                var actual = TestPictures.Prepare(whole[..cut], default, preprocessor);
                Assert.True(expected.AsSpan().SequenceEqual(actual), $"{name}, cut at {cut}, gives another picture.");
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
    [InlineData("cat.jpg", "The JPEG picture is cut off or damaged: its 17,521 bytes hold ")]
    [InlineData("cat-progressive.jpg", "The JPEG picture is cut off or damaged: its 6,615 bytes do not hold ")]
    [InlineData("cat-palette.png", "The PNG picture is cut off: its 29,875 bytes do not hold all of its 451 × 300 ")]
    [InlineData("coffee.webp", "The WebP picture is cut off: its 18,997 bytes do not hold all of its 600 × 400 ")]
    [InlineData("cat.gif", "The GIF picture is cut off: its 10,769 bytes do not hold all of its 200 × 133 pixels.")]
    [InlineData("cat.bmp", "The BMP picture is cut off: its 57,627 bytes do not hold all of its 240 × 160 pixels.")]
    public void Prepare_CutInHalf_SaysHowMuchIsThere(string name, string message)
    {
        var whole = TestPictures.File(name);

        var actual = TestPictures.Refused(() => TestPictures.Prepare(whole[..(whole.Length / 2)]));

        Assert.StartsWith(message, actual, StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_NoiseWithAndWithoutAMagicNumber_NeverCrashes()
    {
        byte[][] starts =
        [
            [], [0xFF, 0xD8, 0xFF], TestPictures.File("one-pixel.png")[..8], [.. "RIFF\x40\0\0\0WEBPVP8 "u8],
            [.. "GIF89a"u8], [.. "BM"u8],
        ];
        var preprocessor = TestPictures.Preprocessor(limits: new ImageLimits { MaxPixels = 1 << 20 });
        for (var seed = 0; seed < 600; seed++)
        {
            byte[] file = [.. starts[seed % starts.Length], .. TestPictures.Noise(1 + (seed * 7 % 900), seed)];
            AssertRefusedOrTaken(file, preprocessor);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Prepare_DamagedBytes_NeverCrash(string name)
    {
        var whole = TestPictures.File(name);
        var random = new Random(whole.Length);
        var preprocessor = TestPictures.Preprocessor(limits: new ImageLimits { MaxPixels = 1 << 20 });
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
    public void Prepare_AfterABadPicture_TheNextIsRight()
    {
        var preprocessor = TestPictures.Preprocessor();
        var target = new byte[preprocessor.OutputLength];
        var good = TestPictures.File("coffee.jpg");
        TestPictures.Refused(() => preprocessor.Prepare(good.AsSpan(0, good.Length / 2), default, target));

        preprocessor.Prepare(good, default, target);

        Assert.Equal(TestPictures.Crop("coffee.jpg", CropRounding.HalfEven), target);
    }

    private static string RefusedBy(byte[] file, ImageLimits limits) => TestPictures.Refused(
        () => TestPictures.Prepare(file, default, TestPictures.Preprocessor(limits: limits)));

    private static void AssertRefusedOrTaken(byte[] file, ImagePreprocessor preprocessor)
    {
        try
        {
            TestPictures.Prepare(file, default, preprocessor);
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
                var jpeg = TestPictures.File("cat.jpg");
                var frame = jpeg.AsSpan().IndexOf((byte[])[0xFF, 0xC0]);
                BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 5), HugeEdge);
                BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 7), HugeEdge);
                return jpeg;
            case "gif":
                var gif = TestPictures.File("cat.gif");
                BinaryPrimitives.WriteUInt16LittleEndian(gif.AsSpan(6), HugeEdge);
                BinaryPrimitives.WriteUInt16LittleEndian(gif.AsSpan(8), HugeEdge);
                return gif;
            default:
                var bmp = TestPictures.File("cat.bmp");
                BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(18), HugeEdge);
                BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(22), HugeEdge);
                return bmp;
        }
    }
}
