using System.Numerics.Tensors;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>Ranks the classes for each image and counts where the right one came.</summary>
/// <param name="classEmbeddings">[classes, dimensions], rows of norm 1.</param>
/// <param name="classes">Rows.</param>
internal sealed class Scoreboard(float[] classEmbeddings, int classes)
{
    private const int TopPlaces = 5;

    private readonly int _dimensions = classEmbeddings.Length / classes;
    private readonly float[] _scores = new float[classes];
    private readonly int[,] _confusion = new int[classes, classes];
    private readonly int[] _images = new int[classes];
    private readonly int[] _first = new int[classes];
    private readonly int[] _amongFive = new int[classes];

    public int Classes => classes;

    /// <summary>Images of all classes.</summary>
    public int Images => _images.Sum();

    /// <summary>Share of all images whose class came first; null without images.</summary>
    public double? Top1 => Share(_first.Sum(), Images);

    /// <summary>Share of all images whose class came among the first five.</summary>
    public double? Top5 => Share(_amongFive.Sum(), Images);

    /// <summary>Mean over the classes that have images of their own shares.</summary>
    public double? MeanTop1 => Mean(Top1Of);

    public double? MeanTop5 => Mean(Top5Of);

    public int ImagesOf(int item) => _images[item];

    public double? Top1Of(int item) => Share(_first[item], _images[item]);

    public double? Top5Of(int item) => Share(_amongFive[item], _images[item]);

    /// <summary>Images of one class that were taken for another, or for itself.</summary>
    public int Count(int actual, int predicted) => _confusion[actual, predicted];

    /// <param name="actual">The image's class.</param>
    /// <param name="image">[dimensions], of any norm but zero.</param>
    public void Add(int actual, ReadOnlySpan<float> image)
    {
        for (var i = 0; i < classes; i++)
            _scores[i] = TensorPrimitives.Dot(classEmbeddings.AsSpan(i * _dimensions, _dimensions), image);

        // Equal scores rank in the order of the classes, as the server's predictions do.
        var better = 0;
        for (var i = 0; i < classes; i++)
        {
            if (_scores[i] > _scores[actual] || (_scores[i] == _scores[actual] && i < actual))
                better++;
        }

        _images[actual]++;
        _confusion[actual, TensorPrimitives.IndexOfMax(_scores)]++;
        if (better == 0)
            _first[actual]++;
        if (better < TopPlaces)
            _amongFive[actual]++;
    }

    /// <summary>The pairs of classes that were mistaken most often, most often first.</summary>
    public IReadOnlyList<Confusion> MostConfused(int count)
    {
        var pairs =
            from actual in Enumerable.Range(0, classes)
            from predicted in Enumerable.Range(0, classes)
            let images = _confusion[actual, predicted]
            where actual != predicted && images > 0
            orderby images descending, (double)images / _images[actual] descending
            select new Confusion(actual, predicted, images, (double)images / _images[actual]);
        return [.. pairs.Take(count)];
    }

    private static double? Share(int part, int whole) => whole == 0 ? null : (double)part / whole;

    private double? Mean(Func<int, double?> shareOf) => Enumerable.Range(0, classes).Average(shareOf);
}
