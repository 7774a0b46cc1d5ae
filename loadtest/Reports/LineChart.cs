using System.Globalization;
using System.Net;
using System.Text;

namespace ClipGrpc.LoadTest.Reports;

/// <summary>A chart of lines over a common x axis as SVG. Colours are CSS variables <c>--s0</c>, <c>--s1</c>, ….</summary>
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
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(title)}\">");
        Text(svg, Left, 20, title, "title");
        AppendAxes(svg, right, top);
        var labels = new List<double>();
        for (var i = 0; i < _lines.Count; i++)
            AppendLine(svg, i, right, top, labels);
        return svg.Append("</svg>").ToString();
    }

    private void AppendAxes(StringBuilder svg, double right, double top)
    {
        for (var i = 0; i <= Ticks; i++)
        {
            var y = Y(top * i / Ticks, top);
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\"/>");
            Text(svg, Left - 8, y + 4, Short(top * i / Ticks), "end");
            Text(svg, X(right * i / Ticks, right), Height - Bottom + 18, Short(right * i / Ticks), "middle");
        }

        Text(svg, (Left + Width - Right) / 2.0, Height - 10, xTitle, "middle");
        Text(svg, Width - Right, 20, yTitle, "end");
    }

    private void AppendLine(StringBuilder svg, int index, double right, double top, List<double> labels)
    {
        var (name, points) = _lines[index];
        if (points.Count == 0)
            return;

        var path = string.Join(' ', points.Select(point => string.Create(
            CultureInfo.InvariantCulture, $"{X(point.X, right):0.#},{Y(point.Y, top):0.#}")));
        svg.Append(CultureInfo.InvariantCulture, $"<polyline style=\"stroke:var(--s{index})\" points=\"{path}\"/>");
        foreach (var (x, y) in points)
        {
            svg.Append(CultureInfo.InvariantCulture,
                $"<circle style=\"fill:var(--s{index})\" cx=\"{X(x, right):0.#}\" cy=\"{Y(y, top):0.#}\" r=\"3\"><title>{WebUtility.HtmlEncode(name)}: {y:0.###} at {x:0.###}</title></circle>");
        }

        var label = Y(points[^1].Y, top) + 4;
        while (labels.Any(other => Math.Abs(other - label) < LabelHeight))
            label -= LabelHeight;
        labels.Add(label);
        svg.Append(CultureInfo.InvariantCulture, $"<text style=\"fill:var(--s{index})\" x=\"{X(points[^1].X, right) + 8:0.#}\" y=\"{label:0.#}\">{WebUtility.HtmlEncode(name)}</text>");
    }

    private static void Text(StringBuilder svg, double x, double y, string text, string style) => svg.Append(
        CultureInfo.InvariantCulture,
        $"<text class=\"{style}\" x=\"{x:0.#}\" y=\"{y:0.#}\">{WebUtility.HtmlEncode(text)}</text>");

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
