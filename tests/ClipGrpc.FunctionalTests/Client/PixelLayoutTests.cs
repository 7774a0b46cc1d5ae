using ClipGrpc.Client;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Serving.Models;
using Google.Protobuf;
using ColorMatrix = ClipGrpc.V1.ColorMatrix;
using ColorRange = ClipGrpc.V1.ColorRange;
using Image = ClipGrpc.V1.Image;
using PixelFormat = ClipGrpc.V1.PixelFormat;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>Raw pixels are refused by the client exactly where every server refuses them.</summary>
public sealed class PixelLayoutTests
{
    // The widest that a server can be set to.
    private static readonly ImageLimits WidestLimits = new() { MaxPixels = 256L << 20, MaxDimension = 65_535 };

    /// <summary>Format, width, height, stride, bytes, and whether they are accepted.</summary>
    public static TheoryData<PixelFormat, int, int, int, int, bool> Layouts => new()
    {
        { PixelFormat.Rgb24, 4, 3, 0, 35, false },
        { PixelFormat.Rgb24, 4, 3, 0, 36, true },
        { PixelFormat.Rgb24, 4, 3, 0, 37, false },
        { PixelFormat.Bgr24, 4, 3, 12, 36, true },
        { PixelFormat.Bgr24, 4, 3, 11, 36, false },
        { PixelFormat.Bgr24, 4, 3, 16, 43, false },
        { PixelFormat.Bgr24, 4, 3, 16, 44, true },
        { PixelFormat.Bgr24, 4, 3, 16, 46, true },
        { PixelFormat.Bgr24, 4, 3, 16, 48, true },
        { PixelFormat.Bgr24, 4, 3, 16, 49, false },
        { PixelFormat.Rgba32, 4, 3, 0, 48, true },
        { PixelFormat.Rgba32, 4, 3, 15, 48, false },
        { PixelFormat.Bgra32, 4, 3, 0, 47, false },
        { PixelFormat.Bgra32, 1, 1, 0, 4, true },
        { PixelFormat.Bgra32, 1, 1, 0, 0, false },
        { PixelFormat.Gray8, 4, 3, 8, 19, false },
        { PixelFormat.Gray8, 4, 3, 8, 20, true },
        { PixelFormat.Gray8, 4, 3, 8, 24, true },
        { PixelFormat.Gray8, 4, 3, 8, 25, false },
        { PixelFormat.Gray8, 4, 3, int.MaxValue, 9, false },
        { PixelFormat.Nv12, 4, 4, 0, 24, true },
        { PixelFormat.Nv12, 4, 4, 0, 23, false },
        { PixelFormat.Nv12, 4, 4, 0, 25, false },
        // The chroma row of an odd width is one byte longer than the row of Y.
        { PixelFormat.Nv12, 5, 3, 0, 26, false },
        { PixelFormat.Nv12, 5, 3, 0, 27, true },
        { PixelFormat.Nv12, 5, 3, 0, 28, false },
        // The chroma rows of an odd stride are as far apart as the next even number.
        { PixelFormat.Nv12, 5, 3, 7, 34, false },
        { PixelFormat.Nv12, 5, 3, 7, 35, true },
        { PixelFormat.Nv12, 5, 3, 7, 37, true },
        { PixelFormat.Nv12, 5, 3, 7, 38, false },
        { PixelFormat.Nv12, 1, 1, 0, 3, true },
        { PixelFormat.Nv12, 1, 1, 0, 2, false },
        { PixelFormat.I420, 5, 3, 0, 26, false },
        { PixelFormat.I420, 5, 3, 0, 27, true },
        { PixelFormat.I420, 5, 3, 0, 28, false },
        { PixelFormat.I420, 4, 4, 8, 45, false },
        { PixelFormat.I420, 4, 4, 8, 46, true },
        { PixelFormat.I420, 4, 4, 8, 48, true },
        { PixelFormat.I420, 4, 4, 8, 49, false },
        { PixelFormat.I420, 1, 1, 0, 3, true },
        { PixelFormat.P010, 4, 4, 0, 48, true },
        { PixelFormat.P010, 4, 4, 0, 47, false },
        { PixelFormat.P010, 4, 4, 7, 48, false },
        // The chroma row of an odd width has a sample more than the row of Y.
        { PixelFormat.P010, 5, 3, 0, 53, false },
        { PixelFormat.P010, 5, 3, 0, 54, true },
        { PixelFormat.P010, 5, 3, 0, 55, false },
        // The chroma rows are as far apart as the next multiple of four.
        { PixelFormat.P010, 5, 3, 13, 66, false },
        { PixelFormat.P010, 5, 3, 13, 67, true },
        { PixelFormat.P010, 5, 3, 13, 71, true },
        { PixelFormat.P010, 5, 3, 13, 72, false },
        { PixelFormat.P010, 1, 1, 0, 6, true },
        { PixelFormat.Yuy2, 4, 3, 0, 24, true },
        { PixelFormat.Yuy2, 4, 3, 0, 23, false },
        { PixelFormat.Yuy2, 5, 3, 0, 36, true },
        { PixelFormat.Yuy2, 5, 3, 0, 35, false },
        { PixelFormat.Yuy2, 5, 3, 10, 36, false },
        { PixelFormat.Uyvy, 5, 3, 14, 40, true },
        { PixelFormat.Uyvy, 5, 3, 14, 39, false },
        { PixelFormat.Uyvy, 5, 3, 14, 43, false },
        { PixelFormat.Uyvy, 1, 1, 0, 4, true },
        { PixelFormat.Bgr0, 4, 3, 0, 48, true },
        { PixelFormat.Bgr0, 4, 3, 0, 47, false },
        { PixelFormat.Gray8, 0, 1, 0, 0, false },
        { PixelFormat.Gray8, 1, 0, 0, 0, false },
        { PixelFormat.Gray8, 65_535, 1, 0, 65_535, true },
        { PixelFormat.Gray8, 65_536, 1, 0, 65_536, false },
        { PixelFormat.Gray8, 1, 65_535, 0, 65_535, true },
        { PixelFormat.Gray8, 1, 65_536, 0, 65_536, false },
        { PixelFormat.Gray8, 16_385, 16_384, 0, 9, false },
        { PixelFormat.I420, 65_535, 65_535, int.MaxValue, 9, false },
        { PixelFormat.Unspecified, 1, 1, 0, 4, false },
        { (PixelFormat)99, 1, 1, 0, 4, false },
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void FromPixels_Layout_IsRefusedWhereTheServerRefusesIt(
        PixelFormat format, int width, int height, int stride, int length, bool accepted)
    {
        var pixels = new byte[length];

        Assert.Equal(accepted, ServerAccepts(format, width, height, stride, default, pixels));
        Assert.Equal(accepted, ClientAccepts(format, width, height, stride, default, pixels));
    }

    [Fact]
    public void FromPixels_MostPixels_AreRefusedOneBeyondThem()
    {
        // Nobody reads them, so the memory is never touched.
        var pixels = GC.AllocateUninitializedArray<byte>(16_385 * 16_384);

        Assert.True(ServerAccepts(PixelFormat.Gray8, 16_384, 16_384, 0, default, pixels.AsMemory(0, 16_384 * 16_384)));
        Assert.True(ClientAccepts(PixelFormat.Gray8, 16_384, 16_384, 0, default, pixels.AsMemory(0, 16_384 * 16_384)));
        Assert.False(ServerAccepts(PixelFormat.Gray8, 16_385, 16_384, 0, default, pixels));
        Assert.False(ClientAccepts(PixelFormat.Gray8, 16_385, 16_384, 0, default, pixels));
    }

    [Theory]
    [InlineData(ColorMatrix.Unspecified, true)]
    [InlineData(ColorMatrix.Bt601, true)]
    [InlineData(ColorMatrix.Bt709, true)]
    [InlineData(ColorMatrix.Bt2020, true)]
    [InlineData((ColorMatrix)7, false)]
    public void FromPixels_ColorMatrix_IsRefusedWhereTheServerRefusesIt(ColorMatrix matrix, bool accepted)
    {
        Assert.Equal(accepted, ServerAccepts(PixelFormat.I420, 2, 2, 0, matrix, new byte[6]));
        Assert.Equal(accepted, ClientAccepts(PixelFormat.I420, 2, 2, 0, matrix, new byte[6]));
    }

    [Theory]
    [InlineData(ColorRange.Unspecified, true)]
    [InlineData(ColorRange.Limited, true)]
    [InlineData(ColorRange.Full, true)]
    [InlineData((ColorRange)7, false)]
    public void FromPixels_ColorRange_IsRefusedWhereTheServerRefusesIt(ColorRange range, bool accepted)
    {
        Assert.Equal(accepted, ServerAccepts(PixelFormat.I420, 2, 2, 0, default, new byte[6], range));
        Assert.Equal(accepted, ClientAccepts(PixelFormat.I420, 2, 2, 0, default, new byte[6], range));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(90, true)]
    [InlineData(180, true)]
    [InlineData(270, true)]
    [InlineData(45, false)]
    [InlineData(360, false)]
    [InlineData(-90, false)]
    public void FromPixels_Rotation_IsRefusedWhereTheServerRefusesIt(int degrees, bool accepted)
    {
        Assert.Equal(accepted, ServerAccepts(PixelFormat.I420, 2, 2, 0, default, new byte[6], rotation: degrees));
        Assert.Equal(accepted, ClientAccepts(PixelFormat.I420, 2, 2, 0, default, new byte[6], rotation: degrees));
    }

    private static bool ClientAccepts(
        PixelFormat format,
        int width,
        int height,
        int stride,
        ColorMatrix matrix,
        ReadOnlyMemory<byte> pixels,
        ColorRange range = default,
        int rotation = 0)
    {
        try
        {
            ClipImage.FromPixels(
                pixels,
                width,
                height,
                Own<ClipGrpc.Client.PixelFormat>(format),
                stride,
                Own<ClipGrpc.Client.ColorMatrix>(matrix),
                Own<ClipGrpc.Client.ColorRange>(range),
                rotation);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    // The client's value of the same name or number; its default where nothing is specified.
    private static T Own<T>(Enum value)
        where T : struct, Enum => Enum.TryParse<T>(value.ToString(), out var own) ? own : default;

    private static bool ServerAccepts(
        PixelFormat format,
        int width,
        int height,
        int stride,
        ColorMatrix matrix,
        ReadOnlyMemory<byte> pixels,
        ColorRange range = default,
        int rotation = 0)
    {
        var raw = new V1.RawImage
        {
            Width = (uint)width,
            Height = (uint)height,
            Stride = (uint)stride,
            Format = format,
            ColorMatrix = matrix,
            ColorRange = range,
            RotationDegrees = (uint)rotation,
            Data = UnsafeByteOperations.UnsafeWrap(pixels),
        };
        try
        {
            var input = InputReader.ReadImage(new Image { Raw = raw }, "image", default);
            RawLayout.Create(Assert.IsType<RawImageInput>(input).Image, WidestLimits);
            return true;
        }
        catch (ClipException exception)
        {
            Assert.Equal(ClipErrorCode.InvalidInput, exception.Code);
            return false;
        }
    }
}
