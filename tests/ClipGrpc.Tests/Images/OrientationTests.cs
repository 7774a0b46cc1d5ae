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
        var turned = WithExif(plain, orientation, bigEndian);
        var expected = Turn(Image.From(TestImages.Decode(plain)), orientation);

        var actual = TestImages.Prepare(turned);

        Assert.Equal(
            TestImages.Prepare(TestImages.Rgb24(expected.Rgb, expected.Width, expected.Height)), actual);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    public void Prepare_OrientationIgnored_LeavesTheImageAsStored(int orientation)
    {
        var plain = TestImages.File("cat-progressive.jpg");

        var actual = TestImages.Prepare(
            WithExif(plain, orientation, bigEndian: true), new DecodeOptions(IgnoreOrientation: true));

        Assert.Equal(TestImages.Crop("cat-progressive.jpg", CropRounding.HalfEven), actual);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(65535)]
    public void Prepare_OrientationThatDoesNotExist_LeavesTheImageAsStored(int orientation) => Assert.Equal(
        TestImages.Crop("cat.jpg", CropRounding.HalfEven),
        TestImages.Prepare(WithExif(TestImages.File("cat.jpg"), orientation, bigEndian: false)));

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(8)]
    public void Prepare_PngWithOrientation_TurnsTheImage(int orientation)
    {
        var image = new Image(TestImages.Noise(60 * 40 * 3, seed: orientation), 60, 40);
        var file = PngWriter.Write(
            60, 40, 8, 2, image.Rgb, 180, ("eXIf", [.. Tiff(orientation, bigEndian: true)]));

        var actual = TestImages.Prepare(file);

        var expected = Turn(image, orientation);
        Assert.Equal(
            TestImages.Prepare(TestImages.Rgb24(expected.Rgb, expected.Width, expected.Height)), actual);
    }

    /// <summary>The meaning of each value in terms of two mirrors and a transposition.</summary>
    private static Image Turn(Image image, int orientation) => orientation switch
    {
        1 => image,
        2 => image.MirrorX(),
        3 => image.MirrorX().MirrorY(),
        4 => image.MirrorY(),
        5 => image.Transpose(),
        6 => image.Transpose().MirrorX(),
        7 => image.Transpose().MirrorX().MirrorY(),
        8 => image.Transpose().MirrorY(),
        _ => throw new ArgumentOutOfRangeException(nameof(orientation)),
    };

    /// <summary>Puts an APP1 segment behind the start of a JPEG.</summary>
    private static byte[] WithExif(byte[] jpeg, int orientation, bool bigEndian)
    {
        byte[] body = [.. "Exif\0\0"u8, .. Tiff(orientation, bigEndian)];
        var length = body.Length + 2;
        return [0xFF, 0xD8, 0xFF, 0xE1, (byte)(length >> 8), (byte)length, .. body, .. jpeg.AsSpan(2)];
    }

    /// <summary>A TIFF of one directory with one entry: tag 0x112, one SHORT.</summary>
    private static byte[] Tiff(int orientation, bool bigEndian)
    {
        byte[] tiff = bigEndian ? [.. "MM"u8] : [.. "II"u8];
        return
        [
            .. tiff, .. Number(42, 2), .. Number(8, 4), .. Number(1, 2),
            .. Number(0x112, 2), .. Number(3, 2), .. Number(1, 4), .. Number(orientation, 2), .. Number(0, 2),
            .. Number(0, 4),
        ];

        byte[] Number(int value, int bytes)
        {
            var little = Enumerable.Range(0, bytes).Select(i => (byte)(value >> (8 * i)));
            return [.. bigEndian ? little.Reverse() : little];
        }
    }

    private sealed record Image(byte[] Rgb, int Width, int Height)
    {
        public static Image From((byte[] Rgb, int Width, int Height) decoded) =>
            new(decoded.Rgb, decoded.Width, decoded.Height);

        public Image MirrorX() => Map(Width, Height, (x, y) => (Width - 1 - x, y));

        public Image MirrorY() => Map(Width, Height, (x, y) => (x, Height - 1 - y));

        public Image Transpose() => Map(Height, Width, (x, y) => (y, x));

        private Image Map(int width, int height, Func<int, int, (int X, int Y)> source)
        {
            var rgb = new byte[Rgb.Length];
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    var from = source(x, y);
                    Rgb.AsSpan(((from.Y * Width) + from.X) * 3, 3).CopyTo(rgb.AsSpan(((y * width) + x) * 3));
                }
            }

            return new Image(rgb, width, height);
        }
    }
}
