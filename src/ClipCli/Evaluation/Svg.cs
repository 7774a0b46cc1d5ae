using System.Globalization;
using System.Xml;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>Elements of an SVG image.</summary>
internal sealed class Svg(XmlWriter xml)
{
    public void Start(string element, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        xml.WriteStartElement(element, "http://www.w3.org/2000/svg");
        foreach (var (name, value) in attributes)
            xml.WriteAttributeString(name, value);
    }

    public void End() => xml.WriteEndElement();

    /// <param name="anchor">Which end of the text is at x: start, middle or end.</param>
    public void Text(double x, double y, string text, double size, string anchor = "start")
    {
        Start("text", ("x", Number(x)), ("y", Number(y)), ("font-size", Number(size)), ("text-anchor", anchor));
        xml.WriteString(string.Concat(text.EnumerateRunes().Select(Visible)));
        End();
    }

    public void Rectangle(double x, double y, double width, double height, string fill)
    {
        Start(
            "rect", ("x", Number(x)), ("y", Number(y)), ("width", Number(width)), ("height", Number(height)),
            ("fill", fill));
        End();
    }

    public void Path(string fill, string path)
    {
        Start("path", ("fill", fill), ("d", path));
        End();
    }

    public static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    public static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Visible(System.Text.Rune rune) =>
        rune.Value <= char.MaxValue && !XmlConvert.IsXmlChar((char)rune.Value) ? "?" : rune.ToString();
}
