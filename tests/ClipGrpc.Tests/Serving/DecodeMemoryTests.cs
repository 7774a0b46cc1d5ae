using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.LoadTest.Attacks;
using ClipGrpc.Serving.Budget;
using ClipGrpc.Serving.Preprocessing;
using ClipGrpc.Tests.Images;
using SkiaSharp;

namespace ClipGrpc.Tests.Serving;

/// <summary>Memory of an image is reserved by its header, before anything of its size is allocated.</summary>
public sealed class DecodeMemoryTests
{
    private const int Side = 2_000;
    private const long Whole = Side * Side * 4L;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly ImageTransform Transform = new(32, CropRounding.Floor);
    private static readonly DecodeOptions Options = new(AlphaMode.Drop, IgnoreOrientation: false);

    /// <summary>The least memory with which each image can be decoded is between these bounds.</summary>
    [Theory]
    [InlineData("baseline.jpg", 0, Whole / 8)]
    [InlineData("progressive.jpg", Side * Side * 6L, (Side * Side * 6L) + (Whole / 8))]
    [InlineData("png", 0, Whole / 8)]
    [InlineData("interlaced.png", Whole * 33 / 32, Whole * 10 / 8)]
    [InlineData("webp", 3 * Whole, 25 * Whole / 8)]
    [InlineData("bmp", 0, Whole / 8)]
    public void Prepare_AnyFormat_NeedsWhatItsDecoderTakes(string format, long least, long most)
    {
        var image = File(format);

        var refused = Assert.Throws<ClipException>(() => Prepare(image, new MemoryShare((least - 1) * 4 / 3)));
        Prepare(image, new MemoryShare(most * 4 / 3 + 4));

        Assert.Equal(ClipErrorCode.InvalidInput, refused.Code);
        Assert.Contains($"The image of {Side} × {Side} pixels needs ", refused.Message);
    }

    [Fact]
    public void Prepare_Raw_NeedsItsStrips()
    {
        var raw = new RawPixels(Side, Side, 0, PixelFormat.Bgr24, ColorMatrix.Bt601, new byte[Side * Side * 3]);
        var target = new byte[32 * 32 * 3];

        Assert.Throws<ClipException>(() => new ImagePreprocessor(Transform, new ImageLimits(), new MemoryShare(0))
            .Prepare(raw, Options, target));
        new ImagePreprocessor(Transform, new ImageLimits(), new MemoryShare(Whole / 6)).Prepare(raw, Options, target);
    }

    [Fact]
    public void Prepare_RawThatIsTurned_NeedsTheWholeImage()
    {
        var raw = new RawPixels(
            Side, Side, 0, PixelFormat.Gray8, ColorMatrix.Bt601, new byte[Side * Side],
            Orientation: ExifOrientation.RightTop);

        Assert.Throws<ClipException>(() => Prepare(raw, new MemoryShare(Whole * 4 / 3)));
        Prepare(raw, new MemoryShare(Whole * 3 / 2));

        static void Prepare(RawPixels raw, MemoryShare memory) =>
            new ImagePreprocessor(Transform, new ImageLimits(), memory).Prepare(raw, Options, new byte[32 * 32 * 3]);
    }

    [Fact]
    public void Prepare_GoodOrDamaged_GivesItsMemoryBack()
    {
        var share = new MemoryShare(100 << 20);

        Prepare(File("interlaced.png"), share);
        Assert.Throws<ClipException>(() => Prepare(File("interlaced.png")[..^200], share));
        Assert.Throws<ClipException>(() => Prepare(File("png")[..^200], share));
        Assert.Throws<ClipException>(() => Prepare(File("progressive.jpg")[..500], share));

        Assert.Equal(0, share.Used);
        Assert.True(share.TakePeak() >= Whole);
    }

    [Fact(Timeout = 30_000)]
    public async Task Prepare_OthersTakeTheMemory_WaitsForIt()
    {
        var share = new MemoryShare(2 * Whole);
        Assert.True(share.TryReserve(Whole, SizeClass.Large));

        var preparing = Task.Run(() => Prepare(File("interlaced.png"), share));

        while (share.Waiting == 0)
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        Assert.False(preparing.IsCompleted);
        share.Release(Whole, SizeClass.Large);
        await preparing.WaitAsync(Limit);
    }

    private static void Prepare(byte[] image, MemoryShare memory) =>
        new ImagePreprocessor(Transform, new ImageLimits(), memory).Prepare(image, Options, new byte[32 * 32 * 3]);

    private static byte[] File(string format)
    {
        switch (format)
        {
            case "progressive.jpg":
                return ImageBombs.ProgressiveJpeg(Side);
            case "png" or "interlaced.png":
                return ImageBombs.Png(Side, Side, interlaced: format != "png");
            case "bmp":
                return BmpWriter.Write(
                    Side, Side, 1, [.. Enumerable.Repeat(new byte[Side / 8], Side)], palette: new byte[8]);
        }

        using var bitmap = new SKBitmap(Side, Side);
        bitmap.Erase(SKColors.Teal);
        using var data = bitmap.Encode(
            format == "webp" ? SKEncodedImageFormat.Webp : SKEncodedImageFormat.Jpeg, 90);
        return data.ToArray();
    }
}
