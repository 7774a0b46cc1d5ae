using System.Globalization;
using System.Text;

namespace ClipGrpc.Server.Hosting;

/// <summary>Text of callers in log lines: what a terminal or a collector would obey is spelt out.</summary>
internal static class LogText
{
    /// <summary>Control and format characters as <c>\u001B</c>; line ends too.</summary>
    public static string Escape(string text) => Escape(text, keepsLines: false);

    /// <summary>The same for a text of several lines.</summary>
    public static string EscapeLines(string text) => Escape(text, keepsLines: true);

    private static string Escape(string text, bool keepsLines)
    {
        var first = 0;
        while (first < text.Length && !MustEscape(text[first], keepsLines))
            first++;
        if (first == text.Length)
            return text;

        var escaped = new StringBuilder(text, 0, first, text.Length + 16);
        foreach (var character in text.AsSpan(first))
        {
            if (MustEscape(character, keepsLines))
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}");
            else
                escaped.Append(character);
        }

        return escaped.ToString();
    }

    private static bool MustEscape(char character, bool keepsLines) => character switch
    {
        '\r' or '\n' or '\t' when keepsLines => false,
        _ => char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator,
    };
}
