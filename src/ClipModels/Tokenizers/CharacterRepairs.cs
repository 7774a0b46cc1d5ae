using System.Text;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// Repairs of single characters: C1 controls as Windows-1252 meant them, Latin ligatures, full and half width, curly
/// quotes, line ends, lone surrogates, terminal colours and control characters.
/// </summary>
internal static class CharacterRepairs
{
    private const char Escape = '\u001b';

    private static readonly (char Ligature, string Letters)[] Ligatures =
    [
        ('Ĳ', "IJ"), ('ĳ', "ij"), ('ŉ', "'n"),
        ('Ǆ', "DŽ"), ('ǅ', "Dž"), ('ǆ', "dž"), ('Ǉ', "LJ"), ('ǈ', "Lj"), ('ǉ', "lj"),
        ('Ǌ', "NJ"), ('ǋ', "Nj"), ('ǌ', "nj"), ('Ǳ', "DZ"), ('ǲ', "Dz"), ('ǳ', "dz"),
        ('ﬀ', "ff"), ('ﬁ', "fi"), ('ﬂ', "fl"), ('ﬃ', "ffi"), ('ﬄ', "ffl"), ('ﬅ', "ſt"), ('ﬆ', "st"),
    ];

    // From U+0080 on.
    private static readonly Dictionary<char, string> Replacements = MakeReplacements();

    public static string Apply(string text)
    {
        StringBuilder? repaired = null;
        for (var i = 0; i < text.Length; i++)
        {
            var length = 1;
            var replacement = text[i] == Escape && TryMatchTerminalEscape(text, i, out length)
                ? "" : ReplacementOf(text, i, ref length);
            if (replacement is null)
            {
                repaired?.Append(text, i, length);
            }
            else
            {
                repaired ??= new StringBuilder(text, 0, i, text.Length + 16);
                repaired.Append(replacement);
            }

            i += length - 1;
        }

        return repaired?.ToString() ?? text;
    }

    /// <returns>Null where the character stays.</returns>
    private static string? ReplacementOf(string text, int index, ref int length)
    {
        length = 1;
        var c = text[index];
        if (char.IsSurrogate(c))
        {
            var pair = index + 1 < text.Length && char.IsSurrogatePair(c, text[index + 1]);
            length = pair ? 2 : 1;
            return pair ? null : "\uFFFD";
        }

        if (IsControl(c))
            return "";
        return c < '\u0080' ? null : Replacements.GetValueOrDefault(c);
    }

    private static bool IsControl(char c)
    {
        return c is <= '\u0008' or '\u000B' or >= '\u000E' and <= '\u001F' or '\u007F'
            or >= '\u206A' and <= '\u206F' or '\uFEFF' or >= '\uFFF9' and <= '\uFFFC';
    }

    /// <summary>ESC [ digits and semicolons, then a letter.</summary>
    private static bool TryMatchTerminalEscape(string text, int start, out int length)
    {
        length = 2;
        if (start + 1 >= text.Length || text[start + 1] != '[')
            return false;
        while (start + length < text.Length && (char.IsAsciiDigit(text[start + length]) || text[start + length] == ';'))
            length++;
        return start + length < text.Length && char.IsAsciiLetter(text[start + length++]);
    }

    private static Dictionary<char, string> MakeReplacements()
    {
        var replacements = new Dictionary<char, string>();
        for (var c = '\u0080'; c <= '\u009F'; c++)
        {
            if (Windows1252.TryDecodeC1(c, out var meant))
                replacements[c] = RepairQuote(meant);
        }

        for (var c = '！'; c <= '～'; c++)
            replacements[c] = ((char)(c - '！' + '!')).ToString();
        foreach (var line in DataFile.ReadLines("canonical-mappings.txt").Where(line => line[0] == "w"))
            replacements[(char)DataFile.Hex(line[1])] = DataFile.TextOf(line[2..]);
        replacements['\u3000'] = " ";

        foreach (var c in "\u02BC\u2018\u2019\u201A\u201B\u201C\u201D\u201E\u201F")
            replacements[c] = RepairQuote(c);
        foreach (var c in "\u2028\u2029")
            replacements[c] = "\n";
        foreach (var (ligature, letters) in Ligatures)
            replacements[ligature] = letters;
        return replacements;
    }

    private static string RepairQuote(char c)
    {
        return c switch
        {
            '\u02BC' or >= '\u2018' and <= '\u201B' => "'",
            >= '\u201C' and <= '\u201F' => "\"",
            _ => c.ToString(),
        };
    }
}
