namespace ClipGrpc.Cli.Evaluation;

/// <summary>Sizes of a confusion image, in units of its SVG.</summary>
/// <param name="Classes">Rows and columns.</param>
/// <param name="Cell">Width and height of a cell.</param>
/// <param name="NamedEvery">Every so many classes one has its name at the edge.</param>
/// <param name="NameSize">Font size of the names.</param>
/// <param name="NameLength">Characters of the longest name.</param>
/// <param name="HasNumbers">Cells hold their number of images.</param>
internal sealed record MatrixLayout(
    int Classes, double Cell, int NamedEvery, double NameSize, int NameLength, bool HasNumbers)
{
    private const int MostWithNumbers = 30;
    private const int MostWithNames = 100;
    private const int LongestName = 28;
    private const double MapSide = 1000;
    private const double SmallestVisible = 3;

    // Of a sans-serif font's size, for most names.
    private const double CharacterWidth = 0.6;

    public double Side => Classes * Cell;

    /// <summary>Cells by which an error's mark reaches beyond its own cell, where that is too small to see.</summary>
    public int Spread => Cell < SmallestVisible ? 1 : 0;

    /// <summary>Room at the left, where names lie.</summary>
    public double LabelWidth => NameLength * NameSize * CharacterWidth + 12;

    /// <summary>Room at the top, where names rise by 60 degrees.</summary>
    public double LabelHeight => LabelWidth * 0.87 + 8;

    /// <summary>How far the last name at the top leans out at the right.</summary>
    public double LabelLean => LabelWidth * 0.5;

    public static MatrixLayout For(IReadOnlyList<EvaluationClass> classes)
    {
        var count = classes.Count;
        var longest = Math.Min(LongestName, classes.Max(item => item.Name.Length));
        return count switch
        {
            <= MostWithNumbers => new MatrixLayout(count, 30, 1, 12, longest, HasNumbers: true),
            <= MostWithNames => new MatrixLayout(count, 12, 1, 10, longest, HasNumbers: false),
            // Names stand at every 25th of the side, with their class's number before them.
            _ => new MatrixLayout(
                count, Math.Max(1, MapSide / count), (count + 24) / 25, 10, longest + 6, HasNumbers: false),
        };
    }

    public static string Cut(string name, int length) =>
        name.Length <= length ? name : string.Concat(name.AsSpan(0, length - 1).TrimEnd(), "…");

    /// <summary>The name at the edge; with the class's number from 1 where not every class has one.</summary>
    public string ShortName(EvaluationClass item, int index)
    {
        var name = Cut(item.Name, LongestName);
        return NamedEvery == 1 ? name : $"{index + 1} {name}";
    }
}
