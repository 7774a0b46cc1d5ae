using System.Text;
using ClipGrpc.Imaging.Files;
using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Tests.Images;

/// <summary>Where orientation is found, and which of several counts.</summary>
public sealed class MetadataTests
{
    private const int Width = 60;
    private const int Height = 40;
    private static readonly StoredImage Image = new(TestImages.Noise(Width * Height * 3, seed: 12), Width, Height);
    private static readonly byte[] Xmp6 = MetadataFiles.Xmp(6, isElement: false);

    public static TheoryData<string> Texts => ["tEXt", "zTXt", "iTXt", "iTXt compressed"];

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(16)]
    public void ReadOrientation_AnyNumericType_IsRead(int type)
    {
        Assert.Equal(
            ExifOrientation.RightTop, ExifDirectory.ReadOrientation(MetadataFiles.Tiff(6, bigEndian: true, type)));
        Assert.Equal(
            ExifOrientation.RightTop, ExifDirectory.ReadOrientation(MetadataFiles.Tiff(6, bigEndian: false, type)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void ReadOrientation_BytesOrText_AreNoOrientation(int type) => Assert.Equal(
        ExifOrientation.TopLeft, ExifDirectory.ReadOrientation(MetadataFiles.Tiff(6, bigEndian: false, type)));

    [Fact]
    public void ReadOrientation_NoSuchTagOrNoTiff_IsNull()
    {
        var plain = MetadataFiles.Tiff(6, bigEndian: true);

        Assert.Null(ExifDirectory.ReadOrientation(MetadataFiles.Tiff(6, bigEndian: true, tag: 0x113)));
        Assert.Null(ExifDirectory.ReadOrientation([]));
        Assert.Null(ExifDirectory.ReadOrientation([.. "XX"u8, .. plain.AsSpan(2)]));
        for (var length = 0; length < 22; length++)
            Assert.Null(ExifDirectory.ReadOrientation(plain.AsSpan(0, length)));
    }

    [Fact]
    public void ReadOrientation_OffsetsAndCountsThatLie_AreNull()
    {
        foreach (var position in (int[])[4, 5, 6, 7, 14, 15, 16])
        {
            var tiff = MetadataFiles.Tiff(6, bigEndian: true);
            tiff[position] = 0xFF;
            Assert.Null(ExifDirectory.ReadOrientation(tiff));
        }
    }

    [Fact]
    public void Prepare_OrientationAsLong_TurnsTheJpeg() => AssertTurned("exif6-long.jpg", 6);

    [Fact]
    public void Prepare_WebPExifWithPrefix_TurnsTheImage() => AssertTurned("orientation6-exif-prefix.webp", 6);

    [Theory]
    [InlineData("", 5)]
    [InlineData("Exif\0\0", 5)]
    [InlineData("", 8)]
    public void Prepare_WebPExif_TurnsTheImage(string prefix, int orientation)
    {
        var plain = TestImages.File("coffee.webp");
        var stored = StoredImage.From(TestImages.Decode(plain));
        byte[] exif = [.. Encoding.ASCII.GetBytes(prefix), .. MetadataFiles.Tiff(orientation, bigEndian: false)];

        var file = MetadataFiles.WebPWith(plain, stored.Width, stored.Height, "EXIF", exif);

        Assert.Equal(stored.Turn(orientation).Prepare(), TestImages.Prepare(file));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Prepare_XmpInJpegAndWebP_TurnsTheImage(bool isElement)
    {
        var xmp = MetadataFiles.Xmp(8, isElement);
        var jpeg = TestImages.File("cat.jpg");
        var webp = TestImages.File("coffee.webp");
        var stored = StoredImage.From(TestImages.Decode(webp));

        Assert.Equal(
            StoredImage.From(TestImages.Decode(jpeg)).Turn(8).Prepare(),
            TestImages.Prepare(MetadataFiles.JpegWith(jpeg, 0xE1, [.. "http://ns.adobe.com/xap/1.0/\0"u8, .. xmp])));
        Assert.Equal(
            stored.Turn(8).Prepare(),
            TestImages.Prepare(MetadataFiles.WebPWith(webp, stored.Width, stored.Height, "XMP ", xmp)));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void Prepare_PngRawProfile_TurnsTheImage(string kind)
    {
        var exif = MetadataFiles.Tiff(6, bigEndian: false);

        foreach (var profile in (byte[][])[exif, [.. "Exif\0\0"u8, .. exif]])
            AssertPng(6, Text(kind, "Raw profile type exif", MetadataFiles.RawProfile(profile)));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void Prepare_PngXmp_TurnsTheImage(string kind)
    {
        AssertPng(3, Text(kind, "XML:com.adobe.xmp", MetadataFiles.Xmp(3, isElement: true)));
        AssertPng(6, Text(kind, "XML:com.adobe.xmp", Xmp6));
    }

    [Fact]
    public void Prepare_PngLittleEndianExif_TurnsTheImage() =>
        AssertPng(6, ("eXIf", MetadataFiles.Tiff(6, bigEndian: false)));

    [Fact]
    public void Prepare_PngWithSeveralSources_TakesExifThenProfileThenXmp()
    {
        var exif = ("eXIf", MetadataFiles.Tiff(3, bigEndian: true));
        var noOrientation = ("eXIf", MetadataFiles.Tiff(3, bigEndian: true, tag: 0x113));
        var profile = Text("tEXt", "Raw profile type exif", MetadataFiles.RawProfile(MetadataFiles.Tiff(8, true)));
        var xmp = Text("iTXt", "XML:com.adobe.xmp", Xmp6);

        AssertPng(3, xmp, profile, exif);
        AssertPng(8, xmp, profile);
        AssertPng(6, noOrientation, profile, xmp);
        AssertPng(5, exif, ("eXIf", MetadataFiles.Tiff(5, bigEndian: true)));
        AssertPng(1, ("eXIf", MetadataFiles.Tiff(1, bigEndian: true)), xmp);
    }

    [Fact]
    public void Prepare_JpegWithTwoExifSegments_TakesTheFirst()
    {
        var plain = TestImages.File("cat.jpg");
        var empty = MetadataFiles.JpegWith(
            MetadataFiles.JpegWithExif(plain, 6, bigEndian: true), 0xE1, [.. "Exif\0\0"u8]);

        Assert.Equal(
            StoredImage.From(TestImages.Decode(plain)).Turn(3).Prepare(),
            TestImages.Prepare(MetadataFiles.JpegWithExif(MetadataFiles.JpegWithExif(plain, 6, true), 3, true)));
        Assert.Equal(TestImages.Prepare(plain), TestImages.Prepare(empty));
    }

    [Fact]
    public void Prepare_MetadataThatCannotBeRead_LeavesTheImageAsStored()
    {
        AssertPng(1, Text("tEXt", "Raw profile type exif", [.. "\nexif\n  4\nzz\n"u8]));
        AssertPng(1, Text("tEXt", "Raw profile type exif", [.. "\nexif"u8]));
        AssertPng(1, ("zTXt", [.. "Raw profile type exif\0\0"u8, 0x78, 0x9C, 1, 2, 3]));
        AssertPng(1, ("eXIf", [.. "no TIFF at all"u8]));
        AssertPng(1, Text("iTXt", "XML:com.adobe.xmp", [.. Xmp6, 0xFF]));
    }

    [Fact]
    public void Prepare_PngTextThatInflatesWithoutEnd_IsRefused()
    {
        var bomb = Png(Text("zTXt", "Raw profile type exif", new byte[(1 << 20) + 1]));
        TestImages.Refused(() => TestImages.Prepare(bomb));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var message = TestImages.Refused(() => TestImages.Prepare(bomb));

        Assert.StartsWith(
            "The PNG image has compressed metadata that inflates to more than 1,048,576 bytes", message,
            StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static void AssertTurned(string name, int orientation)
    {
        var file = TestImages.Case(name);

        Assert.Equal(
            StoredImage.From(TestImages.Decode(file)).Turn(orientation).Prepare(), TestImages.Prepare(file));
    }

    private static void AssertPng(int orientation, params (string Type, byte[] Data)[] chunks) =>
        Assert.Equal(Image.Turn(orientation).Prepare(), TestImages.Prepare(Png(chunks)));

    private static byte[] Png(params (string Type, byte[] Data)[] chunks) =>
        PngWriter.Write(Width, Height, 8, 2, Image.Rgb, Width * 3, chunks);

    private static (string Type, byte[] Data) Text(string kind, string keyword, byte[] text)
    {
        byte[] start = [.. Encoding.ASCII.GetBytes(keyword), 0];
        return kind switch
        {
            "zTXt" => (kind, [.. start, 0, .. MetadataFiles.Compress(text)]),
            "iTXt" => (kind, [.. start, 0, 0, 0, 0, .. text]),
            "iTXt compressed" => ("iTXt", [.. start, 1, 0, 0, 0, .. MetadataFiles.Compress(text)]),
            _ => (kind, [.. start, .. text]),
        };
    }
}
