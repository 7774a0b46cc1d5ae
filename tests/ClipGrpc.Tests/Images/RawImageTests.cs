using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Tests.Images;

public sealed class RawImageTests
{
    [Theory]
    [InlineData(PixelFormat.Rgb24, 0)]
    [InlineData(PixelFormat.Rgb24, 7)]
    [InlineData(PixelFormat.Bgr24, 0)]
    [InlineData(PixelFormat.Bgr24, 5)]
    [InlineData(PixelFormat.Rgba32, 12)]
    [InlineData(PixelFormat.Bgra32, 3)]
    [InlineData(PixelFormat.Bgr0, 5)]
    [InlineData(PixelFormat.Gray8, 1)]
    internal void Prepare_PackedPixels_EqualTheirRgb(PixelFormat format, int gap)
    {
        const int Width = 53;
        const int Height = 37;
        var channels = RawLayout.BytesPerPixel(format);
        var stride = (Width * channels) + gap;
        var data = TestImages.Noise(stride * Height, seed: gap);
        int[] order = format switch
        {
            PixelFormat.Bgr24 or PixelFormat.Bgra32 or PixelFormat.Bgr0 => [2, 1, 0],
            PixelFormat.Gray8 => [0, 0, 0],
            _ => [0, 1, 2],
        };
        var rgb = new byte[Width * Height * 3];
        for (var i = 0; i < rgb.Length; i++)
        {
            var (y, x) = Math.DivRem(i / 3, Width);
            rgb[i] = data[(y * stride) + (x * channels) + order[i % 3]];
        }

        var raw = new RawPixels(Width, Height, gap == 0 ? 0u : (uint)stride, format, default, data);

        var expected = TestImages.Prepare(TestImages.Rgb24(rgb, Width, Height));
        Assert.Equal(expected, TestImages.Prepare(raw));
        Assert.Equal(expected, TestImages.Prepare(raw with { Data = data.AsMemory(0, data.Length - gap) }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void Prepare_RgbOfTheModelsSize_IsItself(int gap)
    {
        const int Size = 40;
        const int Row = Size * 3;
        var rgb = TestImages.Noise(Row * Size, seed: gap);
        var data = new byte[((Row + gap) * Size) - gap];
        for (var y = 0; y < Size; y++)
            rgb.AsSpan(y * Row, Row).CopyTo(data.AsSpan(y * (Row + gap)));
        var preprocessor = TestImages.Preprocessor(Size);
        var raw = TestImages.Rgb24(data, Size, Size) with { Stride = Row + (uint)gap };

        Assert.True(preprocessor.IsPrepared(raw));
        Assert.Equal(rgb, TestImages.Prepare(raw, preprocessor: preprocessor));
    }

    [Fact]
    public void Prepare_BgrOfTheModelsSize_IsTheSameImage()
    {
        // Goes through the resize, which must not change it.
        const int Size = 40;
        var rgb = TestImages.Noise(Size * Size * 3, seed: 1);
        var bgr = rgb.Chunk(3).SelectMany(pixel => pixel.Reverse()).ToArray();
        var preprocessor = TestImages.Preprocessor(Size);
        var raw = TestImages.Rgb24(bgr, Size, Size) with { Format = PixelFormat.Bgr24 };

        Assert.False(preprocessor.IsPrepared(raw));
        Assert.Equal(rgb, TestImages.Prepare(raw, preprocessor: preprocessor));
    }

    [Fact]
    public void Prepare_RgbOfTheModelsSizeCutOff_IsRefused()
    {
        var preprocessor = TestImages.Preprocessor(size: 4);
        var raw = TestImages.Rgb24(new byte[47], 4, 4);

        TestImages.Refused(() => TestImages.Prepare(raw, preprocessor: preprocessor));
    }

    [Theory]
    [InlineData(48, 32, 48)]
    [InlineData(48, 32, 64)]
    [InlineData(47, 31, 47)]
    [InlineData(47, 31, 48)]
    [InlineData(47, 31, 51)]
    [InlineData(1, 1, 1)]
    internal void Prepare_Yuv_EqualsTheFormula(int width, int height, int stride)
    {
        foreach (var format in (PixelFormat[])[PixelFormat.Nv12, PixelFormat.I420])
        {
            foreach (var matrix in Enum.GetValues<ColorMatrix>())
            {
                foreach (var range in Enum.GetValues<ColorRange>())
                    AssertYuv(width, height, stride, format, matrix, range);
            }
        }
    }

    [Theory]
    [InlineData(PixelFormat.P010, 48, 32, 96)]
    [InlineData(PixelFormat.P010, 48, 32, 120)]
    [InlineData(PixelFormat.P010, 47, 31, 94)]
    [InlineData(PixelFormat.P010, 47, 31, 97)]
    [InlineData(PixelFormat.P010, 1, 1, 2)]
    [InlineData(PixelFormat.Yuy2, 48, 32, 96)]
    [InlineData(PixelFormat.Yuy2, 47, 31, 96)]
    [InlineData(PixelFormat.Yuy2, 47, 31, 99)]
    [InlineData(PixelFormat.Yuy2, 1, 1, 4)]
    [InlineData(PixelFormat.Uyvy, 48, 32, 96)]
    [InlineData(PixelFormat.Uyvy, 47, 31, 99)]
    [InlineData(PixelFormat.Uyvy, 1, 1, 4)]
    internal void Prepare_CameraFormat_EqualsTheFormula(PixelFormat format, int width, int height, int stride)
    {
        foreach (var matrix in Enum.GetValues<ColorMatrix>())
        {
            foreach (var range in Enum.GetValues<ColorRange>())
                AssertYuv(width, height, stride, format, matrix, range);
        }
    }

    [Fact]
    public void Prepare_RangeNotGiven_IsLimited()
    {
        var data = TestImages.Noise(48 * 32 * 3 / 2, seed: 1);
        var raw = new RawPixels(48, 32, 0, PixelFormat.Nv12, ColorMatrix.Bt709, data);

        Assert.Equal(TestImages.Prepare(raw with { Range = ColorRange.Limited }), TestImages.Prepare(raw));
        Assert.NotEqual(TestImages.Prepare(raw with { Range = ColorRange.Full }), TestImages.Prepare(raw));
    }

    [Fact]
    public void Prepare_FullRangeWithoutColor_IsItsLuma()
    {
        const int Size = 16;
        byte[] luma = [.. Enumerable.Range(0, Size * Size).Select(i => (byte)i)];
        byte[] chroma = [.. Enumerable.Repeat((byte)128, Size * Size / 2)];
        var raw = new RawPixels(
            Size, Size, 0, PixelFormat.Nv12, ColorMatrix.Bt601, (byte[])[.. luma, .. chroma], ColorRange.Full);

        var actual = TestImages.Prepare(raw, preprocessor: TestImages.Preprocessor(Size));

        Assert.Equal(luma.SelectMany(value => Enumerable.Repeat(value, 3)), actual);
    }

    [Theory]
    [InlineData(90u, 6)]
    [InlineData(180u, 3)]
    [InlineData(270u, 8)]
    public void Prepare_RawPixelsWithRotation_AreTurnedClockwise(uint degrees, int orientation)
    {
        // Also where the options ignore the orientation of files, and at the model's size, which is else only copied.
        foreach (var (width, height) in ((int, int)[])[(60, 40), (TestImages.Size, TestImages.Size)])
        {
            var image = new StoredImage(TestImages.Noise(width * height * 3, seed: orientation), width, height);
            var raw = TestImages.Rgb24(image.Rgb, width, height) with
            {
                Orientation = Orientation.OfRotation(degrees)!.Value,
            };

            var expected = image.Turn(orientation).Prepare();

            Assert.Equal(expected, TestImages.Prepare(raw));
            Assert.Equal(expected, TestImages.Prepare(raw, new DecodeOptions(IgnoreOrientation: true)));
            Assert.NotEqual(expected, image.Prepare());
        }
    }

    [Fact]
    public void Prepare_RawPixelsTurnedByAQuarter_PutTheLeftColumnOnTop()
    {
        const int Size = 4;
        var rgb = new byte[Size * Size * 3];
        for (var y = 0; y < Size; y++)
            rgb.AsSpan(y * Size * 3, 3).Fill(255);
        var raw = TestImages.Rgb24(rgb, Size, Size) with { Orientation = Orientation.OfRotation(90)!.Value };

        var actual = TestImages.Prepare(raw, preprocessor: TestImages.Preprocessor(Size));

        Assert.All(actual.Take(Size * 3), value => Assert.Equal(255, value));
        Assert.All(actual.Skip(Size * 3), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(360u)]
    [InlineData(uint.MaxValue - 89)]
    public void OfRotation_NoQuarterTurn_IsNull(uint degrees) => Assert.Null(Orientation.OfRotation(degrees));

    [Theory]
    [InlineData(ColorMatrix.Bt601, 16, 128, 128, 0, 0, 0)]
    [InlineData(ColorMatrix.Bt601, 235, 128, 128, 255, 255, 255)]
    [InlineData(ColorMatrix.Bt709, 126, 128, 128, 128, 128, 128)]
    [InlineData(ColorMatrix.Bt601, 81, 90, 240, 254, 0, 0)]
    [InlineData(ColorMatrix.Bt601, 145, 54, 34, 0, 255, 1)]
    [InlineData(ColorMatrix.Bt601, 41, 240, 110, 0, 0, 255)]
    [InlineData(ColorMatrix.Bt709, 63, 102, 240, 255, 1, 0)]
    [InlineData(ColorMatrix.Bt709, 32, 240, 118, 1, 0, 255)]
    [InlineData(ColorMatrix.Bt601, 0, 0, 0, 0, 136, 0)]
    [InlineData(ColorMatrix.Bt601, 255, 255, 255, 255, 125, 255)]
    internal void ConvertRow_KnownColours_GivesThem(ColorMatrix matrix, byte y, byte u, byte v, int r, int g, int b)
    {
        // One pixel goes through the scalar form, eight through the vectors.
        foreach (var pixels in (int[])[1, 8])
        {
            var luma = Enumerable.Repeat(y, pixels).ToArray();
            var us = Enumerable.Repeat(u, (pixels + 1) / 2).ToArray();
            var vs = Enumerable.Repeat(v, (pixels + 1) / 2).ToArray();
            var rgb = new byte[pixels * 4];
            var conversion = YuvConversion.Of(matrix);

            conversion.ConvertI420Row(luma, us, vs, rgb);
            Assert.All(rgb.Chunk(4), pixel => Assert.Equal((r, g, b), (pixel[0], pixel[1], pixel[2])));

            conversion.ConvertNv12Row(luma, [.. us.Zip(vs).SelectMany(pair => (byte[])[pair.First, pair.Second])], rgb);
            Assert.All(rgb.Chunk(4), pixel => Assert.Equal((r, g, b), (pixel[0], pixel[1], pixel[2])));
        }
    }

    [Theory]
    [InlineData(ColorMatrix.Bt601)]
    [InlineData(ColorMatrix.Bt709)]
    [InlineData(ColorMatrix.Bt2020)]
    internal void ConvertRow_VectorForm_EqualsScalar(ColorMatrix matrix)
    {
        const int Pixels = 4096;
        var y = TestImages.Noise(Pixels, seed: 1);
        var u = TestImages.Noise(Pixels / 2, seed: 2);
        var v = TestImages.Noise(Pixels / 2, seed: 3);
        var conversion = YuvConversion.Of(matrix);
        var whole = new byte[Pixels * 4];
        conversion.ConvertI420Row(y, u, v, whole);

        var pixel = new byte[4];
        for (var x = 0; x < Pixels; x++)
        {
            conversion.ConvertI420Row(y.AsSpan(x, 1), u.AsSpan(x / 2, 1), v.AsSpan(x / 2, 1), pixel);
            Assert.Equal(pixel, whole.AsSpan(x * 4, 4));
        }
    }

    /// <summary>Width, height, stride, format, bytes of data, and what is said; {0} stands for the format.</summary>
    public static TheoryData<uint, uint, uint, int, int, string> WrongLayouts => new()
    {
        { 0, 4, 0, (int)PixelFormat.Rgb24, 0, "The image is 0 × 4 pixels; both must be at least 1." },
        { 4, 0, 0, (int)PixelFormat.Rgb24, 0, "The image is 4 × 0 pixels; both must be at least 1." },
        { 9000, 9000, 0, (int)PixelFormat.Gray8, 9, "The image is 9000 × 9000 pixels; the maximum is 67,108,864" },
        { uint.MaxValue, 2, 0, (int)PixelFormat.Gray8, 9, "The image is 4294967295 × 2 pixels; the maximum" },
        { 4, 4, 11, (int)PixelFormat.Rgb24, 48, "The stride is 11 bytes; a row of 4 Rgb24 pixels is 12 bytes." },
        { 4, 4, 0, (int)PixelFormat.Rgb24, 47, "The data is 47 bytes; {0} with a stride of 12 bytes are 48 bytes." },
        { 4, 4, 0, (int)PixelFormat.Rgb24, 49, "The data is 49 bytes; {0} with a stride of 12 bytes are 48 bytes." },
        { 4, 4, 20, (int)PixelFormat.Rgba32, 75, "The data is 75 bytes; {0} with a stride of 20 bytes are 80 bytes." },
        { 4, 4, 0, (int)PixelFormat.Nv12, 16, "The data is 16 bytes; {0} with a stride of 4 bytes are 24 bytes." },
        { 4, 4, 0, (int)PixelFormat.I420, 23, "The data is 23 bytes; {0} with a stride of 4 bytes are 24 bytes." },
        { 4, 4, 0, (int)PixelFormat.P010, 47, "The data is 47 bytes; {0} with a stride of 8 bytes are 48 bytes." },
        { 4, 4, 7, (int)PixelFormat.P010, 48, "The stride is 7 bytes; a row of 4 P010 pixels is 8 bytes." },
        { 5, 4, 0, (int)PixelFormat.Yuy2, 40, "The data is 40 bytes; {0} with a stride of 12 bytes are 48 bytes." },
        { 5, 4, 10, (int)PixelFormat.Uyvy, 48, "The stride is 10 bytes; a row of 5 Uyvy pixels is 12 bytes." },
        { 4, 4, 0, (int)PixelFormat.Bgr0, 63, "The data is 63 bytes; {0} with a stride of 16 bytes are 64 bytes." },
        { 4, 4, 0, (int)PixelFormat.Gray8, 0, "The data is 0 bytes; {0} with a stride of 4 bytes are 16 bytes." },
        { 4, 4, uint.MaxValue, (int)PixelFormat.I420, 9, "The data is 9 bytes; {0} with a stride of 4,294,967,295" },
        { 4, 4, 0, 99, 64, "The pixel format 99 is not known." },
    };

    [Theory]
    [MemberData(nameof(WrongLayouts))]
    public void Prepare_LayoutThatDoesNotFit_SaysWhat(
        uint width, uint height, uint stride, int format, int length, string message)
    {
        var raw = new RawPixels(width, height, stride, (PixelFormat)format, default, new byte[length]);

        var actual = TestImages.Refused(() => TestImages.Prepare(raw));

        var pixels = $"{width} × {height} {(PixelFormat)format} pixels";
        var expected = message.Replace("{0}", pixels, StringComparison.Ordinal);
        Assert.StartsWith(expected, actual, StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_UnknownColorMatrix_IsRefused() => Assert.Equal(
        "The color matrix 7 is not known.",
        TestImages.Refused(() => TestImages.Prepare(
            new RawPixels(2, 2, 0, PixelFormat.I420, (ColorMatrix)7, new byte[6]))));

    [Fact]
    public void Prepare_UnknownColorRange_IsRefused() => Assert.Equal(
        "The color range 7 is not known.",
        TestImages.Refused(() => TestImages.Prepare(
            new RawPixels(2, 2, 0, PixelFormat.I420, default, new byte[6], (ColorRange)7))));

    private static void AssertYuv(
        int width, int height, int stride, PixelFormat format, ColorMatrix matrix, ColorRange range)
    {
        var data = YuvFrame.Noise(format, width, height, stride, seed: stride);
        var frame = new YuvFrame(format, width, height, stride, data);

        // Same size out as in, at the model's size of the shorter edge: the pixels themselves are compared.
        var size = Math.Min(width, height);
        var preprocessor = TestImages.Preprocessor(size);
        var raw = new RawPixels((uint)width, (uint)height, (uint)stride, format, matrix, data, range);
        var actual = TestImages.Prepare(raw, default, preprocessor);
        var rgb = frame.ToRgb(matrix, range);
        var expected = TestImages.Prepare(TestImages.Rgb24(rgb, width, height), default, preprocessor);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.First - pair.Second, -1, 1));
        Assert.True(expected.Zip(actual).Count(pair => pair.First != pair.Second) <= expected.Length / 100);
    }
}
