using System.Numerics.Tensors;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>Ranks the classes for each picture and counts where the right one came.</summary>
/// <param name="classEmbeddings">[classes, dimensions], rows of norm 1.</param>
/// <param name="classes">Rows.</param>
internal sealed class Scoreboard(float[] classEmbeddings, int classes)
{
    private const int TopPlaces = 5;

    private readonly int _dimensions = classEmbeddings.Length / classes;
    private readonly float[] _scores = new float[classes];
    private readonly int[,] _confusion = new int[classes, classes];
    private readonly int[] _pictures = new int[classes];
    private readonly int[] _first = new int[classes];
    private readonly int[] _amongFive = new int[classes];

    public int Classes => classes;

    /// <summary>Pictures of all classes.</summary>
    public int Pictures => _pictures.Sum();

    /// <summary>Share of all pictures whose class came first; null without pictures.</summary>
    public double? Top1 => Share(_first.Sum(), Pictures);

    /// <summary>Share of all pictures whose class came among the first five.</summary>
    public double? Top5 => Share(_amongFive.Sum(), Pictures);

    /// <summary>Mean over the classes that have pictures of their own shares.</summary>
    public double? MeanTop1 => Mean(Top1Of);

    public double? MeanTop5 => Mean(Top5Of);

    public int PicturesOf(int item) => _pictures[item];

    public double? Top1Of(int item) => Share(_first[item], _pictures[item]);

    public double? Top5Of(int item) => Share(_amongFive[item], _pictures[item]);

    /// <summary>Pictures of one class that were taken for another, or for itself.</summary>
    public int Count(int actual, int predicted) => _confusion[actual, predicted];

    /// <param name="actual">The picture's class.</param>
    /// <param name="picture">[dimensions], of any norm but zero.</param>
    public void Add(int actual, ReadOnlySpan<float> picture)
    {
        for (var i = 0; i < classes; i++)
            _scores[i] = TensorPrimitives.Dot(classEmbeddings.AsSpan(i * _dimensions, _dimensions), picture);

        // Equal scores rank in the order of the classes, as the server's predictions do.
        var better = 0;
        for (var i = 0; i < classes; i++)
        {
            if (_scores[i] > _scores[actual] || (_scores[i] == _scores[actual] && i < actual))
                better++;
        }

        _pictures[actual]++;
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
            let pictures = _confusion[actual, predicted]
            where actual != predicted && pictures > 0
            orderby pictures descending, (double)pictures / _pictures[actual] descending
            select new Confusion(actual, predicted, pictures, (double)pictures / _pictures[actual]);
        return [.. pairs.Take(count)];
    }

    private static double? Share(int part, int whole) => whole == 0 ? null : (double)part / whole;

    private double? Mean(Func<int, double?> shareOf) => Enumerable.Range(0, classes).Average(shareOf);
}
