using System.Text;
using System.Xml;
using ClipGrpc.Shared;
using static ClipGrpc.Shared.Svg;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>
/// The confusion matrix as an SVG: a row for each class, a column for each class it was taken for, coloured by the
/// share of the row. Few classes have names and numbers; many are a heat map with a name at every so many classes. The
/// pairs that were confused most stand beside it in either case.
/// </summary>
internal static class ConfusionImage
{
    private const int Margin = 24;
    private const int HeadHeight = 64;
    private const int PanelWidth = 500;
    private const int PanelPairs = 30;
    private const int LineHeight = 18;
    private const int FontSize = 12;

    public static void Write(Stream output, EvaluationResult result)
    {
        var layout = MatrixLayout.For(result.Classes);
        var left = Margin + layout.LabelWidth;
        var top = HeadHeight + layout.LabelHeight;
        var panel = left + layout.Side + Math.Max(Margin, layout.LabelLean);
        var width = panel + PanelWidth;
        var pairs = result.Scores.MostConfused(PanelPairs);
        var height = Math.Max(top + layout.Side, HeadHeight + (pairs.Count + 7) * LineHeight) + Margin;

        var settings = new XmlWriterSettings { Indent = true, Encoding = new UTF8Encoding(false) };
        using var xml = XmlWriter.Create(output, settings);
        var svg = new Svg(xml);
        svg.Start(
            "svg", ("width", Number(width)), ("height", Number(height)),
            ("viewBox", $"0 0 {Number(width)} {Number(height)}"), ("font-family", "sans-serif"));
        svg.Rectangle(0, 0, width, height, "#ffffff");
        WriteHead(svg, result);
        MatrixCells.Write(svg, result.Scores, layout, left, top);
        WriteClassNames(svg, result.Classes, layout, left, top);
        WriteLegend(svg, layout, panel);
        WritePairs(svg, result.Classes, pairs, panel);
        svg.End();
    }

    private static void WriteHead(Svg svg, EvaluationResult result)
    {
        var scores = result.Scores;
        svg.Text(Margin, 28, $"{result.Model.Name}: confusion matrix", 18);
        var numbers = scores.Top1 is { } top1 && scores.Top5 is { } top5
            ? Format($"top-1 {top1 * 100:0.0} %, top-5 {top5 * 100:0.0} %")
            : "nothing was evaluated";
        var line = $"{scores.Images} images, {result.Classes.Count} classes, {numbers}. "
            + "Rows: actual class; columns: predicted class.";
        svg.Text(Margin, 50, line, FontSize);
    }

    private static void WriteClassNames(
        Svg svg, IReadOnlyList<EvaluationClass> classes, MatrixLayout layout, double left, double top)
    {
        for (var i = 0; i < classes.Count; i += layout.NamedEvery)
        {
            var name = layout.ShortName(classes[i], i);
            var middle = (i + 0.5) * layout.Cell;
            var down = layout.NameSize * 0.35;
            svg.Text(left - 6, top + middle + down, name, layout.NameSize, "end");
            var (x, y) = (left + middle + down, top - 6);
            svg.Start("g", ("transform", $"translate({Number(x)} {Number(y)}) rotate(-60)"));
            svg.Text(0, 0, name, layout.NameSize);
            svg.End();
        }
    }

    private static void WriteLegend(Svg svg, MatrixLayout layout, double x)
    {
        const int width = 40;
        svg.Text(x, HeadHeight + 12, "Share of the class's images, up to", FontSize);
        for (var i = 0; i < ShareColours.Levels; i++)
        {
            svg.Rectangle(x + i * width, HeadHeight + 24, width, 14, ShareColours.Of(i, correct: true));
            svg.Rectangle(x + i * width, HeadHeight + 38, width, 14, ShareColours.Of(i, correct: false));
            var bound = Format($"{ShareColours.Bound(i) * 100:0} %");
            svg.Text(x + (i + 0.5) * width, HeadHeight + 66, bound, 10, "middle");
        }

        var beside = x + ShareColours.Levels * width + 8;
        svg.Text(beside, HeadHeight + 36, "right", FontSize);
        svg.Text(beside, HeadHeight + 50, layout.Spread == 0 ? "wrong" : "wrong (drawn larger)", FontSize);
    }

    private static void WritePairs(
        Svg svg, IReadOnlyList<EvaluationClass> classes, IReadOnlyList<Confusion> pairs, double x)
    {
        const int longest = 26;
        var y = HeadHeight + 6 * LineHeight;
        svg.Text(x, y, pairs.Count == 0 ? "No class was confused with another." : "Most confused", 14);
        foreach (var pair in pairs)
        {
            y += LineHeight;
            var actual = MatrixLayout.Cut(classes[pair.Actual].Name, longest);
            var predicted = MatrixLayout.Cut(classes[pair.Predicted].Name, longest);
            svg.Text(x + 84, y, Format($"{pair.Images} ({pair.Share * 100:0} %)"), FontSize, "end");
            svg.Text(x + 94, y, $"{actual} → {predicted}", FontSize);
        }
    }
}
