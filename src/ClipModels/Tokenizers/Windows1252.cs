namespace ClipGrpc.Models.Tokenizers;

/// <summary>
/// The Windows-1252 code page; a byte without a character maps to the control character of that number.
/// </summary>
internal static class Windows1252
{
    // 0x80 to 0x9F; the NUL characters are the five bytes without a character.
    private const string C1 = "€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ";

    /// <summary>What a C1 control was meant to be.</summary>
    public static bool TryDecodeC1(char control, out char meant)
    {
        meant = C1[control - '\u0080'];
        return meant != '\0';
    }

    /// <returns>The byte of a character, or -1; controls U+0080 to U+009F, misread Latin-1, give theirs.</returns>
    public static int ByteOf(char c)
    {
        if (c <= '\u00FF')
            return c;
        var index = C1.IndexOf(c, StringComparison.Ordinal);
        return index < 0 ? -1 : 0x80 + index;
    }
}
