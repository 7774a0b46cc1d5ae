using ClipGrpc.Imaging.Pixels;

namespace ClipGrpc.Tests.Images;

/// <summary>
/// What ffmpeg's swscale makes of a test pattern with full accuracy: TestData/yuv, where make.sh says how.
/// </summary>
public sealed class YuvReferenceTests
{
    private const int Width = 44;
    private const int Height = 16;
    private const int RgbBytes = Width * Height * 3;

    [Theory]
    [InlineData(PixelFormat.Nv12, "nv12")]
    [InlineData(PixelFormat.I420, "yuv420p")]
    [InlineData(PixelFormat.P010, "p010le")]
    [InlineData(PixelFormat.Yuy2, "yuyv422")]
    [InlineData(PixelFormat.Uyvy, "uyvy422")]
    internal void Convert_TestPattern_IsThatOfSwscale(PixelFormat format, string name)
    {
        var data = TestImages.Yuv($"{name}.yuv");
        var references = TestImages.Yuv($"{name}.rgb");
        var offset = 0;

        foreach (var matrix in (ColorMatrix[])[ColorMatrix.Bt601, ColorMatrix.Bt709, ColorMatrix.Bt2020])
        {
            foreach (var range in (ColorRange[])[ColorRange.Limited, ColorRange.Full])
            {
                var expected = references[offset..(offset + RgbBytes)];
                var raw = new RawPixels(Width, Height, 0, format, matrix, data, range);
                var largest = Convert(raw).Zip(expected).Max(pair => Math.Abs(pair.First - pair.Second));

                Assert.True(largest <= 1, $"{matrix} of {range} range differs by up to {largest}.");
                offset += RgbBytes;
            }
        }

        Assert.Equal(references.Length, offset);
    }

    private static byte[] Convert(RawPixels raw)
    {
        using var rows = new RawRows(RawLayout.Create(raw, new ImageLimits()), raw, AlphaMode.Drop);
        var pixels = rows.Read(0, Height)[..(Width * Height * 4)].ToArray();
        return [.. pixels.Where((_, i) => i % 4 != 3)];
    }
}
