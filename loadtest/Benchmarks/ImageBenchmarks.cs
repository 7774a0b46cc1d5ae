using BenchmarkDotNet.Attributes;
using ClipGrpc.Imaging.Files;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.LoadTest.Data;
using ClipGrpc.Serving.Preprocessing;
using SkiaSharp;

namespace ClipGrpc.Benchmarks;

/// <summary>
/// An image's way to 224 × 224 bytes: all of it from a JPEG, from a PNG, and from a PNG with the library's decoder; and
/// the resize alone from pixels.
/// </summary>
public class ImageBenchmarks
{
    private static readonly ImageTransform Transform = new(224, CropRounding.HalfEven);

    private readonly ImagePreprocessor _preprocessor = new(Transform, new ImageLimits());
    private readonly byte[] _target = new byte[224 * 224 * 3];
    private byte[] _jpeg = [];
    private byte[] _png = [];
    private PixelBuffer? _pixels;
    private ResizePlan _plan;

    [Params("480x360", "1920x1080")]
    public string Size { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        var size = Size.Split('x').Select(int.Parse).ToArray();
        _jpeg = ImageSet.Make(size[0], size[1])[0].ToByteArray();
        using var image = SKBitmap.Decode(_jpeg);
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        _png = png.ToArray();
        _pixels = new PixelBuffer(size[0], size[1]);
        new Random(1).NextBytes(_pixels.Pixels);
        _plan = ResizePlan.Create(size[0], size[1], Transform);
    }

    [GlobalCleanup]
    public void CleanUp() => _pixels?.Dispose();

    [Benchmark]
    public void DecodeResizeCrop() => _preprocessor.Prepare(_jpeg, new DecodeOptions(), _target);

    [Benchmark]
    public void DecodeResizeCropPng() => _preprocessor.Prepare(_png, new DecodeOptions(), _target);

    [Benchmark]
    public void DecodeResizeCropPngByTheLibrary()
    {
        using var data = SKData.CreateCopy(_png);
        using var codec = ImageDecoder.Open(data, ImageFormat.Png, new ImageLimits());
        using var pixels = ImageDecoder.DecodeWhole(codec, ImageFormat.Png, _png.Length);
        ImageResizer.Run(pixels, _plan, _target);
    }

    [Benchmark]
    public void ResizeCrop() => ImageResizer.Run(_pixels!, _plan, _target);
}
