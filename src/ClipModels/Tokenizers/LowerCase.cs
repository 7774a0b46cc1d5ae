using System.Globalization;
using System.Text;

namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// Lower case as Unicode's full mapping has it: beyond the simple mapping, İ becomes two code points and a capital
/// sigma at the end of a word becomes ς.
/// </summary>
internal static class LowerCase
{
    private const char DottedI = 'İ';
    private const char Sigma = 'Σ';

    public static string Of(string text)
    {
        if (text.AsSpan().IndexOfAny(DottedI, Sigma) < 0)
            return text.ToLowerInvariant();

        var lower = new StringBuilder(text.Length + 4);
        var done = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not (DottedI or Sigma))
                continue;
            lower.Append(text[done..i].ToLowerInvariant());
            lower.Append(text[i] == DottedI ? "i\u0307" : IsFinal(text, i) ? "ς" : "σ");
            done = i + 1;
        }

        return lower.Append(text[done..].ToLowerInvariant()).ToString();
    }

    /// <summary>
    /// A cased letter precedes the sigma and none follows it; marks and points in between do not count.
    /// </summary>
    private static bool IsFinal(string text, int index)
    {
        return IsCasedBefore(text.AsSpan(0, index)) && !IsCasedAfter(text.AsSpan(index + 1));
    }

    private static bool IsCasedBefore(ReadOnlySpan<char> text)
    {
        while (Rune.DecodeLastFromUtf16(text, out var rune, out var length) == System.Buffers.OperationStatus.Done)
        {
            if (!IsIgnorable(rune))
                return IsCased(rune);
            text = text[..^length];
        }

        return false;
    }

    private static bool IsCasedAfter(ReadOnlySpan<char> text)
    {
        while (Rune.DecodeFromUtf16(text, out var rune, out var length) == System.Buffers.OperationStatus.Done)
        {
            if (!IsIgnorable(rune))
                return IsCased(rune);
            text = text[length..];
        }

        return false;
    }

    // Unicode's Case_Ignorable: categories, and the punctuation that may stand inside a word.
    private static bool IsIgnorable(Rune rune)
    {
        return Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
            || rune.Value is '\'' or '.' or ':' or 0xB7 or 0x387 or 0x55F or 0x5F4 or 0x2018 or 0x2019 or 0x2024
                or 0x2027 or 0xFE13 or 0xFE52 or 0xFE55 or 0xFF07 or 0xFF0E or 0xFF1A;
    }

    // Unicode's Cased, less what is ignorable: letters with case, ª º, Roman numerals, circled and squared letters.
    private static bool IsCased(Rune rune)
    {
        return Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
            or UnicodeCategory.TitlecaseLetter
            || rune.Value is 0xAA or 0xBA or >= 0x2160 and <= 0x217F or >= 0x24B6 and <= 0x24E9
                or >= 0x1F130 and <= 0x1F149 or >= 0x1F150 and <= 0x1F169 or >= 0x1F170 and <= 0x1F189;
    }
}
