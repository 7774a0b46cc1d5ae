using ClipGrpc.Server.Images;

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
    public void Prepare_JpegWithOrientation_TurnsThePicture(int orientation, bool bigEndian)
    {
        var plain = TestPictures.File("cat.jpg");
        var turned = WithExif(plain, orientation, bigEndian);
        var expected = Turn(Picture.From(TestPictures.Decode(plain)), orientation);

        var actual = TestPictures.Prepare(turned);

        Assert.Equal(
            TestPictures.Prepare(TestPictures.Rgb24(expected.Rgb, expected.Width, expected.Height)), actual);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    public void Prepare_OrientationIgnored_LeavesThePictureAsStored(int orientation)
    {
        var plain = TestPictures.File("cat-progressive.jpg");

        var actual = TestPictures.Prepare(
            WithExif(plain, orientation, bigEndian: true), new PictureOptions(IgnoreOrientation: true));

        Assert.Equal(TestPictures.Crop("cat-progressive.jpg", CropRounding.HalfEven), actual);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(65535)]
    public void Prepare_OrientationThatDoesNotExist_LeavesThePictureAsStored(int orientation) => Assert.Equal(
        TestPictures.Crop("cat.jpg", CropRounding.HalfEven),
        TestPictures.Prepare(WithExif(TestPictures.File("cat.jpg"), orientation, bigEndian: false)));

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(8)]
    public void Prepare_PngWithOrientation_TurnsThePicture(int orientation)
    {
        var picture = new Picture(TestPictures.Noise(60 * 40 * 3, seed: orientation), 60, 40);
        var file = PngWriter.Write(
            60, 40, 8, 2, picture.Rgb, 180, ("eXIf", [.. Tiff(orientation, bigEndian: true)]));

        var actual = TestPictures.Prepare(file);

        var expected = Turn(picture, orientation);
        Assert.Equal(
            TestPictures.Prepare(TestPictures.Rgb24(expected.Rgb, expected.Width, expected.Height)), actual);
    }

    /// <summary>The meaning of each value in terms of two mirrors and a transposition.</summary>
    private static Picture Turn(Picture picture, int orientation) => orientation switch
    {
        1 => picture,
        2 => picture.MirrorX(),
        3 => picture.MirrorX().MirrorY(),
        4 => picture.MirrorY(),
        5 => picture.Transpose(),
        6 => picture.Transpose().MirrorX(),
        7 => picture.Transpose().MirrorX().MirrorY(),
        8 => picture.Transpose().MirrorY(),
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

    private sealed record Picture(byte[] Rgb, int Width, int Height)
    {
        public static Picture From((byte[] Rgb, int Width, int Height) decoded) =>
            new(decoded.Rgb, decoded.Width, decoded.Height);

        public Picture MirrorX() => Map(Width, Height, (x, y) => (Width - 1 - x, y));

        public Picture MirrorY() => Map(Width, Height, (x, y) => (x, Height - 1 - y));

        public Picture Transpose() => Map(Height, Width, (x, y) => (y, x));

        private Picture Map(int width, int height, Func<int, int, (int X, int Y)> source)
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

            return new Picture(rgb, width, height);
        }
    }
}
