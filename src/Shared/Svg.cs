using System.Globalization;
using System.Text;
using System.Xml;

namespace ClipGrpc.Shared;

/// <summary>Elements of an SVG image. Its source is compiled into each project that draws.</summary>
internal sealed class Svg(XmlWriter xml)
{
    public void Start(string element, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        xml.WriteStartElement(element, "http://www.w3.org/2000/svg");
        foreach (var (name, value) in attributes)
            xml.WriteAttributeString(name, value);
    }

    public void End() => xml.WriteEndElement();

    /// <summary>An element without content.</summary>
    public void Empty(string element, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Start(element, attributes);
        End();
    }

    /// <summary>An element that holds text only.</summary>
    public void WithText(string element, string text, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Start(element, attributes);
        xml.WriteString(string.Concat(text.EnumerateRunes().Select(Visible)));
        End();
    }

    /// <param name="anchor">Which end of the text is at x: start, middle or end.</param>
    public void Text(double x, double y, string text, double size, string anchor = "start") => WithText(
        "text", text, ("x", Number(x)), ("y", Number(y)), ("font-size", Number(size)), ("text-anchor", anchor));

    public void Rectangle(double x, double y, double width, double height, string fill) => Empty(
        "rect", ("x", Number(x)), ("y", Number(y)), ("width", Number(width)), ("height", Number(height)),
        ("fill", fill));

    public void Path(string fill, string path) => Empty("path", ("fill", fill), ("d", path));

    public static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    public static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Visible(Rune rune) =>
        rune.Value <= char.MaxValue && !XmlConvert.IsXmlChar((char)rune.Value) ? "?" : rune.ToString();
}
