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
    public static string Clean(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(UntouchedCharacters))
            return text.ToLowerInvariant();

        var cleaned = Repair(text);
        cleaned = HtmlEntities.DecodeAll(HtmlEntities.DecodeAll(cleaned));
        return LowerCase.Of(cleaned);
    }

    private static string Repair(string text)
    {
        // From the first line with a tag on, entities are left to the later, plainer decoding.
        var tag = text.IndexOf('<');
        var plain = tag < 0 ? text.Length : text.LastIndexOf('\n', tag) + 1;
        var markup = RepairPart(text[plain..], decodeEntities: false);
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
