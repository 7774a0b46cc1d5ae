using System.Globalization;
using System.Text;
using System.Xml;
using ClipGrpc.Shared;
using static ClipGrpc.Shared.Svg;

namespace ClipGrpc.LoadTest.Reports;

/// <summary>
/// A chart of lines over a common x axis as SVG. Colours are CSS variables <c>--s0</c>, <c>--s1</c>, ….
/// </summary>
internal sealed class LineChart(string title, string xTitle, string yTitle)
{
    private const int Width = 640;
    private const int Height = 320;
    private const int Left = 64;
    private const int Right = 96;
    private const int Top = 36;
    private const int Bottom = 48;
    private const int Ticks = 5;

    // Labels at the lines' ends must not cover each other.
    private const double LabelHeight = 14;

    private readonly List<(string Name, IReadOnlyList<(double X, double Y)> Points)> _lines = [];

    public LineChart Add(string name, IEnumerable<(double X, double Y)> points)
    {
        _lines.Add((name, [.. points]));
        return this;
    }

    public string ToSvg()
    {
        var all = _lines.SelectMany(line => line.Points).ToList();
        var right = Ceiling(all.Select(point => point.X).DefaultIfEmpty(1).Max());
        var top = Ceiling(all.Select(point => point.Y).DefaultIfEmpty(1).Max());
        var text = new StringBuilder();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true }))
        {
            var svg = new Svg(xml);
            svg.Start("svg", ("viewBox", $"0 0 {Width} {Height}"), ("role", "img"), ("aria-label", title));
            Text(svg, Left, 20, title, "title");
            AddAxes(svg, right, top);
            var labels = new List<double>();
            for (var i = 0; i < _lines.Count; i++)
                AddLine(svg, i, right, top, labels);
            svg.End();
        }

        return text.ToString();
    }

    private void AddAxes(Svg svg, double right, double top)
    {
        for (var i = 0; i <= Ticks; i++)
        {
            var y = Y(top * i / Ticks, top);
            svg.Empty(
                "line", ("class", "grid"), ("x1", Number(Left)), ("x2", Number(Width - Right)), ("y1", Number(y)),
                ("y2", Number(y)));
            Text(svg, Left - 8, y + 4, Short(top * i / Ticks), "end");
            Text(svg, X(right * i / Ticks, right), Height - Bottom + 18, Short(right * i / Ticks), "middle");
        }

        Text(svg, (Left + Width - Right) / 2.0, Height - 10, xTitle, "middle");
        Text(svg, Width - Right, 20, yTitle, "end");
    }

    private void AddLine(Svg svg, int index, double right, double top, List<double> labels)
    {
        var (name, points) = _lines[index];
        if (points.Count == 0)
            return;

        var path = string.Join(
            ' ', points.Select(point => $"{Number(X(point.X, right))},{Number(Y(point.Y, top))}"));
        svg.Empty("polyline", ("style", $"stroke:var(--s{index})"), ("points", path));
        var fill = ("style", $"fill:var(--s{index})");
        foreach (var (x, y) in points)
        {
            svg.Start("circle", fill, ("cx", Number(X(x, right))), ("cy", Number(Y(y, top))), ("r", "3"));
            svg.WithText("title", Format($"{name}: {y:0.###} at {x:0.###}"));
            svg.End();
        }

        var label = Y(points[^1].Y, top) + 4;
        while (labels.Any(other => Math.Abs(other - label) < LabelHeight))
            label -= LabelHeight;
        labels.Add(label);
        svg.WithText("text", name, fill, ("x", Number(X(points[^1].X, right) + 8)), ("y", Number(label)));
    }

    private static void Text(Svg svg, double x, double y, string text, string style) =>
        svg.WithText("text", text, ("class", style), ("x", Number(x)), ("y", Number(y)));

    private static double X(double value, double right) => Left + (value / right * (Width - Left - Right));

    private static double Y(double value, double top) => Height - Bottom - (value / top * (Height - Top - Bottom));

    private static string Short(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>The next of 1, 2, 2.5, 5 and 10 times a power of ten.</summary>
    private static double Ceiling(double value)
    {
        if (value <= 0)
            return 1;

        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return new[] { 1, 2, 2.5, 5, 10 }.Select(step => step * power).First(step => step >= value * 0.9999);
    }
}
