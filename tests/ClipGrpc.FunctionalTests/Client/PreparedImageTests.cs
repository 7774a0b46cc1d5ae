using ClipGrpc.Client;
using ClipGrpc.Client.Internal;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Serving.Models;
using ClipGrpc.Serving.Preprocessing;
using ClipGrpc.V1;
using static ClipGrpc.TestSupport.Make;
using AlphaMode = ClipGrpc.Client.AlphaMode;
using ColorMatrix = ClipGrpc.Client.ColorMatrix;
using ColorRange = ClipGrpc.Client.ColorRange;
using CropRounding = ClipGrpc.Imaging.Resizing.CropRounding;
using ImageLimits = ClipGrpc.Imaging.Pixels.ImageLimits;
using ImageOptions = ClipGrpc.V1.ImageOptions;
using PixelFormat = ClipGrpc.Client.PixelFormat;
using ResizeFilter = ClipGrpc.Imaging.Resizing.ResizeFilter;
using ResizeMode = ClipGrpc.Imaging.Resizing.ResizeMode;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>The client prepares pixels exactly as the server does.</summary>
public sealed class PreparedImageTests(DemoServer demo)
{
    public static TheoryData<PixelFormat, int, int, int> Images => new()
    {
        { PixelFormat.Rgb24, 640, 360, 0 },
        { PixelFormat.Bgr24, 301, 223, 90 },
        { PixelFormat.Rgba32, 320, 200, 0 },
        { PixelFormat.Bgra32, 97, 331, 270 },
        { PixelFormat.Bgr0, 320, 200, 180 },
        { PixelFormat.Gray8, 5, 700, 0 },
        { PixelFormat.Nv12, 641, 361, 90 },
        { PixelFormat.I420, 640, 360, 0 },
        { PixelFormat.P010, 640, 360, 0 },
        { PixelFormat.Yuy2, 641, 360, 180 },
        { PixelFormat.Uyvy, 640, 360, 270 },
    };

    public static TheoryData<int, int, int, int> Transforms
    {
        get
        {
            var data = new TheoryData<int, int, int, int>();
            foreach (var mode in Enum.GetValues<ResizeMode>())
            {
                foreach (var filter in Enum.GetValues<ResizeFilter>())
                {
                    foreach (var rounding in Enum.GetValues<CropRounding>())
                    {
                        data.Add((int)mode, (int)filter, (int)rounding, 224);
                        data.Add((int)mode, (int)filter, (int)rounding, 256);
                    }
                }
            }

            return data;
        }
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Images))]
    public async Task Prepare_Pixels_AreThoseOfTheServer(PixelFormat format, int width, int height, int rotation)
    {
        foreach (var alpha in (AlphaMode[])[AlphaMode.Drop, AlphaMode.White])
        {
            foreach (var transform in (ImageTransform[])[
                new(224, CropRounding.HalfEven),
                new(32, CropRounding.Floor, ResizeMode.Squash, ResizeFilter.Bilinear),
                new(31, CropRounding.Floor) { Edge = 40 }])
            {
                var image = Noise(format, width, height, rotation);
                var model = ModelWith(ImagePreparationWriter.Write(transform));

                var prepared = (await ReadAsync(image.Prepare(model, alpha))).Raw;

                Assert.Equal(OfServer(await ReadAsync(image), transform, alpha), prepared.Data.ToByteArray());
                Assert.Equal(((uint)transform.Size, (uint)transform.Size), (prepared.Width, prepared.Height));
                Assert.Equal((V1.PixelFormat.Rgb24, 0u), (prepared.Format, prepared.RotationDegrees));
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Prepare_ForTheDemoModel_HasTheSameEmbedding()
    {
        var token = TestContext.Current.CancellationToken;
        using var client = ClipClient.ForAddress(demo.Server.GrpcAddress.ToString());
        var model = await client.GetModelAsync("demo", token);
        var photo = CameraFrame.Decode("astronaut.jpg");
        var frame = photo.ToYuv(PixelFormat.Nv12, ColorMatrix.Bt709, ColorRange.Full);
        var image = photo.Image(frame, PixelFormat.Nv12, ColorMatrix.Bt709, ColorRange.Full);

        var prepared = image.Prepare(model);

        var expected = await client.EmbedImageAsync(image, cancellationToken: token);
        var actual = await client.EmbedImageAsync(prepared, cancellationToken: token);
        Assert.InRange(LargestDifference(expected.Vector.ToArray(), actual.Vector.ToArray()), 0, 1e-5);
        Assert.Equal((int)Math.Pow(model.Architecture!.ImageSize, 2) * 3, prepared.PixelBytes);
        Assert.Same(prepared, prepared.Prepare(model));
    }

    [Theory]
    [MemberData(nameof(Transforms))]
    public void Write_AnyTransform_IsReadBack(int mode, int filter, int rounding, int edge)
    {
        var transform = new ImageTransform(224, (CropRounding)rounding, (ResizeMode)mode, (ResizeFilter)filter)
        {
            Edge = edge,
        };

        Assert.Equal(
            transform, ModelTransform.Of(ClipImagePreparation.From(ImagePreparationWriter.Write(transform))));
    }

    [Fact]
    public void Prepare_WhatCannotBePrepared_SaysSo()
    {
        var sound = ImagePreparationWriter.Write(new ImageTransform(224, CropRounding.Floor));
        var pixels = Noise(PixelFormat.Rgb24, 8, 8, 0);

        Assert.Contains(
            "Only images of ClipImage.FromPixels",
            Assert.Throws<InvalidOperationException>(
                () => ClipImage.FromBytes("file"u8.ToArray()).Prepare(ModelWith(sound))).Message);
        Assert.Throws<ArgumentException>(
            () => pixels.Prepare(ModelWith(sound), (AlphaMode)9));
        ImagePreparation?[] unknown =
        [
            null,
            new ImagePreparation(sound) { Size = 0 },
            new ImagePreparation(sound) { Size = 5_000, Edge = 5_000 },
            new ImagePreparation(sound) { Edge = 223 },
            new ImagePreparation(sound) { Edge = uint.MaxValue },
            new ImagePreparation(sound) { Mode = (V1.ResizeMode)9 },
            new ImagePreparation(sound) { Filter = V1.ResizeFilter.Unspecified },
            new ImagePreparation(sound) { CropRounding = (V1.CropRounding)9 },
        ];
        Assert.All(unknown, preparation => Assert.StartsWith(
            "The server of model \"m\" does not report how it prepares images",
            Assert.Throws<ArgumentException>(
                () => pixels.Prepare(ModelWith(preparation))).Message));
    }

    private static ClipModel ModelWith(ImagePreparation? preparation) =>
        ClipModel.From(new Model { Name = "m", ImagePreparation = preparation });

    private static ClipImage Noise(PixelFormat format, int width, int height, int rotation)
    {
        var (columns, rows) = ((width + 1) / 2, (height + 1) / 2);
        var length = format switch
        {
            PixelFormat.Rgb24 or PixelFormat.Bgr24 => width * height * 3,
            PixelFormat.Gray8 => width * height,
            PixelFormat.Nv12 or PixelFormat.I420 => (width * height) + (columns * rows * 2),
            PixelFormat.P010 => (width * height * 2) + (columns * rows * 4),
            PixelFormat.Yuy2 or PixelFormat.Uyvy => columns * height * 4,
            _ => width * height * 4,
        };
        var pixels = new byte[length];
        new Random(width).NextBytes(pixels);
        return ClipImage.FromPixels(
            pixels, width, height, format, 0, ColorMatrix.Bt709, ColorRange.Full, rotation);
    }

    private static byte[] OfServer(Image image, ImageTransform transform, AlphaMode alpha)
    {
        var options = InputReader.ReadOptions(new ImageOptions { Alpha = alpha.ToWire() }, "options");
        var input = Assert.IsType<RawImageInput>(InputReader.ReadImage(image, "image", options));
        var preprocessor = new ImagePreprocessor(transform, new ImageLimits());
        var target = new byte[preprocessor.OutputLength];
        preprocessor.Prepare(input.Image, input.Options, target);
        return target;
    }

    private static async Task<Image> ReadAsync(ClipImage image) =>
        await image.ReadAsync(int.MaxValue, TestContext.Current.CancellationToken);
}
