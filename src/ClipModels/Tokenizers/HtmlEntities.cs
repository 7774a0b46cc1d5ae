using System.Text;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// HTML character references, decoded per the standard (table: html.spec.whatwg.org, named references).
/// </summary>
internal static class HtmlEntities
{
    private const int LongestName = 32;
    private const int BeyondUnicode = 0x110000;

    // "#", 24 letters or digits, ";": what the reference's text repair looks for.
    private const int LongestTerminated = 26;

    // With or without ';', as the standard has them.
    private static readonly Dictionary<string, string> Named = [];

    // Those with ';', and the shouted ones (&EACUTE;) that only the reference's text repair knows.
    private static readonly Dictionary<string, string> Terminated = [];

    private static readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> NamedBySpan;
    private static readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> TerminatedBySpan;

    static HtmlEntities()
    {
        foreach (var line in DataFile.ReadLines("html-entities.txt"))
        {
            var shouted = line[0].StartsWith('~');
            var text = DataFile.TextOf(line[1..]);
            if (!shouted)
                Named[line[0]] = text;
            if (line[0].EndsWith(';'))
                Terminated[line[0].TrimStart('~')] = text;
        }

        NamedBySpan = Named.GetAlternateLookup<ReadOnlySpan<char>>();
        TerminatedBySpan = Terminated.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>
    /// Decodes references that end in ';' until none is left, however deeply they are nested. Right to left, so that
    /// what a reference becomes is seen by the '&amp;' before it, and each is looked at once.
    /// </summary>
    public static string DecodeTerminated(string text)
    {
        if (!text.Contains('&'))
            return text;

        // The decoded text, last character first.
        var reversed = new List<char>(text.Length);
        Span<char> reference = stackalloc char[LongestTerminated];
        for (var i = text.Length - 1; i >= 0; i--)
        {
            var decoded = text[i].ToString();
            while (decoded == "&" && DecodeStart(reversed, reference) is var (length, meaning))
            {
                reversed.RemoveRange(reversed.Count - length, length);
                decoded = meaning;
            }

            for (var k = decoded.Length - 1; k >= 0; k--)
                reversed.Add(decoded[k]);
        }

        reversed.Reverse();
        return string.Concat(reversed);
    }

    /// <summary>Decodes each reference once, also those that lack their ';' where the standard lets them.</summary>
    public static string DecodeAll(string text)
    {
        var next = text.IndexOf('&');
        if (next < 0)
            return text;

        var decoded = new StringBuilder(text.Length);
        var done = 0;
        while (next >= 0)
        {
            decoded.Append(text, done, next - done);
            done = next + 1;
            decoded.Append(DecodeOne(text.AsSpan(done), out var length));
            done += length;
            next = text.IndexOf('&', done);
        }

        return decoded.Append(text, done, text.Length - done).ToString();
    }

    /// <summary>The reference that '&amp;' makes of the last characters of <paramref name="reversed"/>.</summary>
    private static (int Length, string Meaning)? DecodeStart(List<char> reversed, Span<char> reference)
    {
        var length = 0;
        while (length < reference.Length && length < reversed.Count)
        {
            var c = reversed[reversed.Count - 1 - length];
            reference[length++] = c;
            if (c == ';')
                break;
            if (!char.IsAsciiLetterOrDigit(c) && !(c == '#' && length == 1))
                return null;
        }

        var name = reference[..length];
        if (length < 2 || name[^1] != ';')
            return null;
        if (name[0] != '#')
            return TerminatedBySpan.TryGetValue(name, out var text) ? (length, text) : null;
        return TryDecodeNumber(name, out var consumed, out var meaning) && consumed == length && meaning != ";"
            ? (length, meaning) : null;
    }

    /// <param name="text">What follows an '&amp;'.</param>
    /// <returns>Its meaning, or "&amp;" and nothing consumed.</returns>
    private static string DecodeOne(ReadOnlySpan<char> text, out int length)
    {
        if (text.StartsWith('#'))
            return TryDecodeNumber(text, out length, out var number) ? number : "&";

        var most = text[..Math.Min(text.Length, LongestName)].IndexOfAny("\t\n\f <&#;");
        if (most < 0)
            most = Math.Min(text.Length, LongestName);
        if (most > 0 && most < text.Length && text[most] == ';')
            most++;
        for (length = most; length > 1; length--)
        {
            if (NamedBySpan.TryGetValue(text[..length], out var meaning))
                return meaning;
        }

        length = 0;
        return "&";
    }

    private static bool TryDecodeNumber(ReadOnlySpan<char> text, out int length, out string meaning)
    {
        var hexadecimal = text.Length > 1 && text[1] is 'x' or 'X';
        var first = hexadecimal ? 2 : 1;
        long value = 0;
        for (length = first; length < text.Length; length++)
        {
            var c = text[length];
            var digit = hexadecimal ? char.IsAsciiHexDigit(c) : char.IsAsciiDigit(c);
            if (!digit)
                break;
            value = Math.Min(value * (hexadecimal ? 16 : 10) + Uri.FromHex(c), BeyondUnicode);
        }

        var any = length > first;
        if (any && length < text.Length && text[length] == ';')
            length++;
        length = any ? length : 0;
        meaning = any ? MeaningOf((int)value) : "";
        return any;
    }

    private static string MeaningOf(int codePoint)
    {
        if (codePoint is >= 0x80 and <= 0x9F)
            return (Windows1252.TryDecodeC1((char)codePoint, out var meant) ? meant : (char)codePoint).ToString();
        if (codePoint is 0 or >= 0xD800 and <= 0xDFFF or BeyondUnicode)
            return "\uFFFD";
        var nothing = codePoint is <= 0x08 or 0x0B or >= 0x0E and <= 0x1F or 0x7F or >= 0xFDD0 and <= 0xFDEF
            || (codePoint & 0xFFFE) == 0xFFFE;
        return nothing ? "" : char.ConvertFromUtf32(codePoint);
    }
}
