using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Imaging.Resizing;
using ClipGrpc.LoadTest.Data;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.Serving.Preprocessing;

namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>The server's way of an image to the model's pixels against Pillow's, one thread each.</summary>
internal sealed class PillowComparison : Comparison
{
    private const int Size = 224;

    private static readonly ImageTransform Transform = new(Size, CropRounding.HalfEven);

    private readonly byte[][] _jpegs;
    private readonly string _work;
    private readonly Action<int> _prepare;
    private PillowProcess? _pillow;

    private PillowComparison(
        ComparisonContext context, ComparisonGoal goal, byte[][] jpegs, string work, Action<int> prepare)
        : base(context)
    {
        Goal = goal;
        _jpegs = jpegs;
        _work = work;
        _prepare = prepare;
    }

    public override ComparisonGoal Goal { get; }

    /// <summary>From JPEGs: decode, resize, crop.</summary>
    public static PillowComparison OfFiles(ComparisonContext context, int width, int height)
    {
        var preprocessor = new ImagePreprocessor(Transform, new ImageLimits());
        var jpegs = Jpegs(width, height);
        var target = new byte[preprocessor.OutputLength];
        return new PillowComparison(
            context, GoalOf($"pillow-{width}x{height}", $"JPEGs of {width} × {height} to {Size} × {Size}", least: 1.3),
            jpegs, "files", number => preprocessor.Prepare(jpegs[number % jpegs.Length], new DecodeOptions(), target));
    }

    /// <summary>From decoded pixels: resize, crop.</summary>
    public static PillowComparison OfPixels(ComparisonContext context, int width, int height)
    {
        var pixels = new PixelBuffer(width, height);
        new Random(width).NextBytes(pixels.Pixels);
        var plan = ResizePlan.Create(width, height, Transform);
        var target = new byte[Size * Size * 3];
        return new PillowComparison(
            context,
            GoalOf($"pillow-resize-{width}x{height}", $"pixels of {width} × {height} to {Size} × {Size}", least: 3),
            Jpegs(width, height), "pixels", _ => ImageResizer.Run(pixels, plan, target));
    }

    public override async Task PrepareAsync(CancellationToken cancellationToken) =>
        _pillow = await PillowProcess.StartAsync(_work, Size, _jpegs, cancellationToken);

    public override async Task<Round> MeasureAsync(CancellationToken cancellationToken)
    {
        var pillow = await _pillow!.ImagesPerSecondAsync(Context.Duration, cancellationToken);
        return new Round(ImagesPerSecond(cancellationToken), pillow);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_pillow is not null)
            await _pillow.DisposeAsync();
        await base.DisposeAsync();
    }

    private double ImagesPerSecond(CancellationToken cancellationToken)
    {
        var start = Context.Time.GetTimestamp();
        var images = 0;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            _prepare(images++);
        }
        while (Context.Time.GetElapsedTime(start) < Context.Duration);

        return images / Context.Time.GetElapsedTime(start).TotalSeconds;
    }

    private static byte[][] Jpegs(int width, int height) =>
        [.. ImageSet.Make(width, height).Select(jpeg => jpeg.ToByteArray())];

    private static ComparisonGoal GoalOf(string name, string work, double least) => new(
        name, $"{work}, images/s ÷ Pillow's, one thread each", "images_per_second", "pillow_images_per_second",
        Least: least);
}
