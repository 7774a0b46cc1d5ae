using System.Buffers;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// What the reference does to a text before it is cut into words: repair (the reference uses ftfy), HTML entities
/// decoded twice, lower case. Folding white space has no step here, because words end at any of it.
/// </summary>
internal static class TextCleaner
{
    // A repair may make room for another. Real texts are stable after two rounds; the limit is for made-up ones.
    private const int MaxRounds = 8;

    private static readonly SearchValues<char> UntouchedCharacters = SearchValues.Create(
        string.Concat(Enumerable.Range(' ', 95).Select(c => (char)c).Where(c => c != '&')) + "\t\n\r");

    /// <returns>Lower-case, valid UTF-16 in canonical composition, but for what the HTML entities brought in.</returns>
    public static string Clean(string text) => CleanStart(text, text.Length);

    /// <summary>The start of what <see cref="Clean"/> makes of the whole text.</summary>
    /// <param name="length">The text's length, or one of <see cref="FindCut"/>.</param>
    public static string CleanStart(string text, int length)
    {
        if (!text.AsSpan(0, length).ContainsAnyExcept(UntouchedCharacters))
            return text[..length].ToLowerInvariant();

        var cleaned = RepairStart(text, length);
        cleaned = HtmlEntities.DecodeAll(HtmlEntities.DecodeAll(cleaned));
        return LowerCase.Of(cleaned);
    }

    /// <summary>
    /// The first place from <paramref name="from"/> on that no repair reaches across, so that what is before it can be
    /// cleaned by itself: behind white space, which stays and is part of no entity, sequence, mark or case rule, and
    /// between two letters that never change. The text's length where there is none.
    /// </summary>
    public static int FindCut(string text, int from)
    {
        for (var cut = from; cut < text.Length; cut++)
        {
            var isSpace = text[cut - 1] is ' ' or '\t' or '\n' or '\r';
            if (isSpace || (NeverChanges(text[cut - 1]) && NeverChanges(text[cut])))
                return cut;
        }

        return text.Length;
    }

    /// <summary>Chinese characters, kana without marks, Korean syllables: they are written without spaces.</summary>
    private static bool NeverChanges(char c) =>
        c is >= '\u4E00' and <= '\u9FFF' or >= '\u3041' and <= '\u3096' or >= '\u30A1' and <= '\u30FA'
            or >= '\uAC00' and <= '\uD7A3';

    private static string RepairStart(string text, int length)
    {
        // From the first line with a tag on, entities are left to the later, plainer decoding.
        var tag = text.IndexOf('<');
        var plain = tag < 0 ? length : Math.Min(length, text.LastIndexOf('\n', tag) + 1);
        var markup = RepairPart(text[plain..length], decodeEntities: false);
        return plain == 0 ? markup : RepairPart(text[..plain], decodeEntities: true) + markup;
    }

    private static string RepairPart(string text, bool decodeEntities)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var before = text;
            if (decodeEntities)
                text = HtmlEntities.DecodeTerminated(text);
            text = Mojibake.Repair(text);
            text = CharacterRepairs.Apply(text);
            text = CanonicalComposition.Of(text);
            if (text == before)
                break;
        }

        return text;
    }
}
