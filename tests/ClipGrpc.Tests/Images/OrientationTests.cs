using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;

namespace ClipGrpc.Tests.Images;

public sealed class OrientationTests
{
    public static TheoryData<int, bool> Orientations
    {
        get
        {
            var data = new TheoryData<int, bool>();
            for (var orientation = 1; orientation <= 8; orientation++)
            {
                data.Add(orientation, true);
                data.Add(orientation, false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Orientations))]
    public void Prepare_JpegWithOrientation_TurnsTheImage(int orientation, bool bigEndian)
    {
        var plain = TestImages.File("cat.jpg");
        var turned = MetadataFiles.JpegWithExif(plain, orientation, bigEndian);
        var expected = StoredImage.From(TestImages.Decode(plain)).Turn(orientation);

        var actual = TestImages.Prepare(turned);

        Assert.Equal(expected.Prepare(), actual);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    public void Prepare_OrientationIgnored_LeavesTheImageAsStored(int orientation)
    {
        var plain = TestImages.File("cat-progressive.jpg");

        var actual = TestImages.Prepare(
            MetadataFiles.JpegWithExif(plain, orientation, bigEndian: true),
            new DecodeOptions(IgnoreOrientation: true));

        Assert.Equal(TestImages.Crop("cat-progressive.jpg", CropRounding.HalfEven), actual);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(65535)]
    public void Prepare_OrientationThatDoesNotExist_LeavesTheImageAsStored(int orientation) => Assert.Equal(
        TestImages.Crop("cat.jpg", CropRounding.HalfEven),
        TestImages.Prepare(MetadataFiles.JpegWithExif(TestImages.File("cat.jpg"), orientation, bigEndian: false)));

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(8)]
    public void Prepare_PngWithOrientation_TurnsTheImage(int orientation)
    {
        var image = new StoredImage(TestImages.Noise(60 * 40 * 3, seed: orientation), 60, 40);
        var file = PngWriter.Write(
            60, 40, 8, 2, image.Rgb, 180, ("eXIf", MetadataFiles.Tiff(orientation, bigEndian: true)));

        var actual = TestImages.Prepare(file);

        var expected = image.Turn(orientation);
        Assert.Equal(expected.Prepare(), actual);
    }
}
