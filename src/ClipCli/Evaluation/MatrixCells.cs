using System.Text;
using ClipGrpc.Shared;
using static ClipGrpc.Shared.Svg;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>
/// The cells of a confusion image. Empty cells are not drawn, and all cells of one colour are one path: a thousand
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
        foreach (var (fill, path) in Paths(scores, layout.Spread))
            svg.Path(fill, path);
        svg.End();
        if (layout.HasNumbers)
            WriteNumbers(svg, scores, layout, left, top);
    }

    // Light errors first and what was right last, so that the more telling colour is on top where marks meet.
    private static IEnumerable<(string Fill, string Path)> Paths(Scoreboard scores, int spread)
    {
        var wrong = new StringBuilder[ShareColours.Levels];
        var right = new StringBuilder[ShareColours.Levels];
        for (var row = 0; row < scores.Classes; row++)
        {
            for (var column = 0; column < scores.Classes; column++)
            {
                if (LevelOf(scores, row, column) is not { } level)
                    continue;
                var isRight = row == column;
                var path = (isRight ? right : wrong)[level] ??= new StringBuilder();
                var around = isRight ? 0 : spread;
                var side = 2 * around + 1;
                path.Append(Format($"M{column - around} {row - around}h{side}v{side}h-{side}z"));
            }
        }

        return Coloured(wrong, correct: false).Concat(Coloured(right, correct: true));
    }

    private static IEnumerable<(string Fill, string Path)> Coloured(StringBuilder?[] paths, bool correct)
    {
        for (var level = 0; level < paths.Length; level++)
        {
            if (paths[level] is { } path)
                yield return (ShareColours.Of(level, correct), path.ToString());
        }
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
        return count == 0 ? null : ShareColours.LevelOf((double)count / scores.ImagesOf(row));
    }
}
