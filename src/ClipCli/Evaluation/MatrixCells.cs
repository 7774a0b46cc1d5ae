using System.Text;
using static ClipGrpc.Cli.Evaluation.Svg;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>
/// The cells of a confusion picture. Empty cells are not drawn, and all cells of one colour are one path: a thousand
/// classes are a million cells.
/// </summary>
internal static class MatrixCells
{
    private const string Frame = "#cccccc";
    private const string Background = "#fafafa";

    public static void Write(Svg svg, Scoreboard scores, MatrixLayout layout, double left, double top)
    {
        svg.Rectangle(left - 1, top - 1, layout.Side + 2, layout.Side + 2, Frame);
        svg.Rectangle(left, top, layout.Side, layout.Side, Background);
        svg.Start(
            "g", ("transform", $"translate({Number(left)} {Number(top)}) scale({Number(layout.Cell)})"),
            ("shape-rendering", "crispEdges"));
        foreach (var (fill, path) in Paths(scores))
            svg.Path(fill, path);
        svg.End();
        if (layout.HasNumbers)
            WriteNumbers(svg, scores, layout, left, top);
    }

    private static IEnumerable<(string Fill, string Path)> Paths(Scoreboard scores)
    {
        var paths = new Dictionary<string, StringBuilder>(StringComparer.Ordinal);
        for (var row = 0; row < scores.Classes; row++)
        {
            for (var column = 0; column < scores.Classes; column++)
            {
                if (LevelOf(scores, row, column) is not { } level)
                    continue;
                var fill = ShareColours.Of(level, correct: row == column);
                if (!paths.TryGetValue(fill, out var path))
                    paths[fill] = path = new StringBuilder();
                path.Append(Format($"M{column} {row}h1v1h-1z"));
            }
        }

        return paths.Select(item => (item.Key, item.Value.ToString()));
    }

    private static void WriteNumbers(Svg svg, Scoreboard scores, MatrixLayout layout, double left, double top)
    {
        for (var row = 0; row < scores.Classes; row++)
        {
            for (var column = 0; column < scores.Classes; column++)
            {
                if (LevelOf(scores, row, column) is not { } level)
                    continue;
                svg.Start("g", ("fill", ShareColours.TextOn(level)));
                var (x, y) = (left + (column + 0.5) * layout.Cell, top + (row + 0.5) * layout.Cell + 4);
                svg.Text(x, y, Format($"{scores.Count(row, column)}"), 11, "middle");
                svg.End();
            }
        }
    }

    private static int? LevelOf(Scoreboard scores, int row, int column)
    {
        var count = scores.Count(row, column);
        return count == 0 ? null : ShareColours.LevelOf((double)count / scores.PicturesOf(row));
    }
}
