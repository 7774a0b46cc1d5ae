using System.Text;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// Repairs UTF-8 that was once read as Windows-1252 or Latin-1 ("schÃ¶n" is "schön"). It looks at each run of
/// characters that spells valid UTF-8 by itself and leaves alone what ordinary writing may spell as well. The reference
/// also undoes mix-ups with eight rarer code pages; those are left as they are.
/// </summary>
internal static class Mojibake
{
    private const int LongestSequence = 4;

    // Characters that may follow an accented letter in ordinary writing: closing quotes, dashes, hyphens, trade signs,
    // more letters.
    private const string Ordinary = "\u00A0\u00AD®©»«¡¿ƒŠšŒœŽž‘’“”‚„‹›•…–—™€";

    // Of these, what ordinary writing does not put after a small letter.
    private const string OrdinaryCapitals = "ŠŒŽ";

    public static string Repair(string text)
    {
        StringBuilder? repaired = null;
        var position = 0;
        while (position < text.Length)
        {
            var length = RunAt(text.AsSpan(position), out var meant);
            if (meant is not null)
                repaired ??= new StringBuilder(text, 0, position, text.Length);
            repaired?.Append(meant ?? text.AsSpan(position, length));
            position += length;
        }

        return repaired?.ToString() ?? text;
    }

    /// <summary>
    /// The run of misread sequences that starts here; without one, everything up to the next possible start.
    /// </summary>
    private static int RunAt(ReadOnlySpan<char> text, out string? meant)
    {
        meant = null;
        var start = text.IndexOfAnyInRange('Â', 'ô');
        if (start != 0)
            return start < 0 ? text.Length : start;

        var runes = new StringBuilder();
        int length = 0, sequences = 0;
        var suspicious = false;
        while (SequenceAt(text[length..], out var rune) is > 0 and var consumed)
        {
            suspicious |= IsSuspicious(text.Slice(length, consumed));
            runes.Append(rune.ToString());
            length += consumed;
            sequences++;
        }

        if (suspicious || sequences > 1)
            meant = runes.ToString();
        return Math.Max(length, 1);
    }

    /// <returns>How many characters spell one code point in UTF-8; 0 where they do not.</returns>
    private static int SequenceAt(ReadOnlySpan<char> text, out Rune rune)
    {
        Span<byte> bytes = stackalloc byte[LongestSequence];
        var count = 0;
        while (count < text.Length
            && count < LongestSequence
            && Windows1252.ByteOf(text[count]) is >= 0x80 and var value)
        {
            bytes[count++] = (byte)value;
        }

        var valid = Rune.DecodeFromUtf8(bytes[..count], out rune, out var consumed)
            == System.Buffers.OperationStatus.Done;
        return valid ? consumed : 0;
    }

    private static bool IsSuspicious(ReadOnlySpan<char> sequence)
    {
        var lead = sequence[0];
        var latin = lead is 'Â' or 'Ã';
        var punctuation = sequence.StartsWith("â€");
        var mixedCase = char.IsLower(lead) && sequence[1..].ContainsAny(OrdinaryCapitals);
        return latin || punctuation || mixedCase || sequence[1..].ContainsAnyExcept(Ordinary);
    }
}
