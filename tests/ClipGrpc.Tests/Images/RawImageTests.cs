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
            PixelFormat.Bgr24 or PixelFormat.Bgra32 => [2, 1, 0],
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
                AssertYuv(width, height, stride, format, matrix);
        }
    }

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
        { 9000, 9000, 0, (int)PixelFormat.Gray8, 9, "The image is 9000 × 9000 pixels; at most 67,108,864 pixels" },
        { uint.MaxValue, 2, 0, (int)PixelFormat.Gray8, 9, "The image is 4294967295 × 2 pixels; no edge may be" },
        { 4, 4, 11, (int)PixelFormat.Rgb24, 48, "The stride is 11 bytes; a row of 4 Rgb24 pixels is 12 bytes." },
        { 4, 4, 0, (int)PixelFormat.Rgb24, 47, "The data is 47 bytes; {0} with a stride of 12 bytes are 48 bytes." },
        { 4, 4, 0, (int)PixelFormat.Rgb24, 49, "The data is 49 bytes; {0} with a stride of 12 bytes are 48 bytes." },
        { 4, 4, 20, (int)PixelFormat.Rgba32, 75, "The data is 75 bytes; {0} with a stride of 20 bytes are 80 bytes." },
        { 4, 4, 0, (int)PixelFormat.Nv12, 16, "The data is 16 bytes; {0} with a stride of 4 bytes are 24 bytes." },
        { 4, 4, 0, (int)PixelFormat.I420, 23, "The data is 23 bytes; {0} with a stride of 4 bytes are 24 bytes." },
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
        "The colour matrix 7 is not known.",
        TestImages.Refused(() => TestImages.Prepare(
            new RawPixels(2, 2, 0, PixelFormat.I420, (ColorMatrix)7, new byte[6]))));

    private static void AssertYuv(int width, int height, int stride, PixelFormat format, ColorMatrix matrix)
    {
        var chromaStride = format == PixelFormat.Nv12 ? (stride + 1) / 2 * 2 : (stride + 1) / 2;
        var chromaRows = (height + 1) / 2;
        var luma = stride * height;
        var planes = format == PixelFormat.Nv12 ? 1 : 2;
        var data = TestImages.Noise(luma + (chromaStride * chromaRows * planes), seed: stride);
        var rgb = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var chroma = luma + (y / 2 * chromaStride);
                var (u, v) = format == PixelFormat.Nv12
                    ? (data[chroma + (x / 2 * 2)], data[chroma + (x / 2 * 2) + 1])
                    : (data[chroma + (x / 2)], data[chroma + (chromaStride * chromaRows) + (x / 2)]);
                ToRgb(data[(y * stride) + x], u, v, matrix).CopyTo(rgb, ((y * width) + x) * 3);
            }
        }

        // Same size out as in, at the model's size of the shorter edge: the pixels themselves are compared.
        var size = Math.Min(width, height);
        var preprocessor = TestImages.Preprocessor(size);
        var raw = new RawPixels((uint)width, (uint)height, (uint)stride, format, matrix, data);
        var actual = TestImages.Prepare(raw, default, preprocessor);
        var expected = TestImages.Prepare(TestImages.Rgb24(rgb, width, height), default, preprocessor);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.First - pair.Second, -1, 1));
        Assert.True(expected.Zip(actual).Count(pair => pair.First != pair.Second) <= expected.Length / 100);
    }

    private static byte[] ToRgb(byte y, byte u, byte v, ColorMatrix matrix)
    {
        var (kr, kb) = matrix == ColorMatrix.Bt601 ? (0.299, 0.114) : (0.2126, 0.0722);
        var (luma, cb, cr) = ((y - 16) / 219.0, (u - 128) / 224.0, (v - 128) / 224.0);
        var red = luma + (2 * (1 - kr) * cr);
        var blue = luma + (2 * (1 - kb) * cb);
        var green = (luma - (kr * red) - (kb * blue)) / (1 - kr - kb);
        return [ToByte(red), ToByte(green), ToByte(blue)];

        static byte ToByte(double value) => (byte)Math.Clamp(Math.Round(value * 255), 0, 255);
    }
}
