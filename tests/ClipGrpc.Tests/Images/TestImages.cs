using System.Text.Json;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.Serving.Preprocessing;
using SkiaSharp;

namespace ClipGrpc.Tests.Images;

/// <summary>The golden images and what they become.</summary>
internal static class TestImages
{
    public const int Size = 224;
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "TestData");

    public static IReadOnlyList<string> Names { get; } = ReadNames();

    public static byte[] File(string name) => System.IO.File.ReadAllBytes(Path.Combine(Root, "images", name));

    /// <summary>A file that was prepared wrongly once.</summary>
    public static byte[] Case(string name) => System.IO.File.ReadAllBytes(Path.Combine(Root, "files", name));

    /// <summary>A frame, or what swscale makes of it.</summary>
    public static byte[] Yuv(string name) => System.IO.File.ReadAllBytes(Path.Combine(Root, "yuv", name));

    /// <summary>What Pillow makes of an image: Size × Size RGB bytes.</summary>
    public static byte[] Crop(string name, CropRounding rounding)
    {
        return ReadCrop(name, rounding == CropRounding.HalfEven ? "torchvision" : "transformers");
    }

    /// <summary>What Pillow makes of an image when both edges are resized: Size × Size RGB bytes.</summary>
    public static byte[] Squashed(string name) => ReadCrop(name, "squash");

    public static TheoryData<string, string, int, string> ReadResized()
    {
        using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(Path.Combine(Root, "resized.json")));
        var rows = new TheoryData<string, string, int, string>();
        foreach (var row in document.RootElement.EnumerateArray())
        {
            rows.Add(
                row.GetProperty("image").GetString()!,
                row.GetProperty("filter").GetString()!,
                row.GetProperty("edge").GetInt32(),
                row.GetProperty("sha256").GetString()!);
        }

        return rows;
    }

    /// <summary>An image as it is stored: RGB bytes, unscaled and not turned.</summary>
    public static (byte[] Rgb, int Width, int Height) Decode(byte[] file)
    {
        using var codec = SKCodec.Create(new SKMemoryStream(file));
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        Assert.Equal(SKCodecResult.Success, codec.GetPixels(info, out var rgba));
        var rgb = new byte[info.Width * info.Height * 3];
        for (var i = 0; i < info.Width * info.Height; i++)
            rgba.AsSpan(i * 4, 3).CopyTo(rgb.AsSpan(i * 3));
        return (rgb, info.Width, info.Height);
    }

    public static ImagePreprocessor Preprocessor(
        int size = Size, CropRounding rounding = CropRounding.HalfEven, ImageLimits? limits = null,
        ResizeMode mode = ResizeMode.ShortestEdge) =>
        new(new ImageTransform(size, rounding, mode), limits ?? new ImageLimits { MaxPixels = 64L << 20 });

    public static byte[] Prepare(byte[] file, DecodeOptions options = default, ImagePreprocessor? preprocessor = null)
    {
        preprocessor ??= Preprocessor();
        var target = new byte[preprocessor.OutputLength];
        preprocessor.Prepare(file, options, target);
        return target;
    }

    public static byte[] Prepare(
        RawPixels raw, DecodeOptions options = default, ImagePreprocessor? preprocessor = null)
    {
        preprocessor ??= Preprocessor();
        var target = new byte[preprocessor.OutputLength];
        preprocessor.Prepare(raw, options, target);
        return target;
    }

    public static RawPixels Rgb24(byte[] rgb, int width, int height) =>
        new((uint)width, (uint)height, 0, PixelFormat.Rgb24, ColorMatrix.Bt601, rgb);

    /// <summary>The message with which an image is refused.</summary>
    public static string Refused(Action prepare)
    {
        var exception = Assert.Throws<ClipException>(prepare);
        Assert.Equal(ClipErrorCode.InvalidInput, exception.Code);
        return exception.Message;
    }

    public static byte[] Noise(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static byte[] ReadCrop(string name, string suffix)
    {
        var (rgb, width, height) = Decode(
            System.IO.File.ReadAllBytes(Path.Combine(Root, "crops", $"{name}.{suffix}.png")));
        Assert.Equal((Size, Size), (width, height));
        return rgb;
    }

    private static List<string> ReadNames()
    {
        using var images = JsonDocument.Parse(System.IO.File.ReadAllBytes(Path.Combine(Root, "images.json")));
        return [.. images.RootElement.GetProperty("cases").EnumerateArray()
            .Select(image => image.GetProperty("file").GetString()!)];
    }
}
