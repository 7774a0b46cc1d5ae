namespace ClipGrpc.Models.Tokenizers;

/// <summary>Messages about vocabulary files. What a file says is cut short and stripped before it is quoted.</summary>
internal static class VocabularyError
{
    private const int LongestQuote = 40;

    public static ClipException In(string place, string what, Exception? cause = null)
    {
        return new ClipException(
            ClipErrorReason.InvalidModel, $"The vocabulary cannot be used: {place} {what}.", cause);
    }

    public static string Quote(string token)
    {
        var shown = token.Length > LongestQuote ? token[..LongestQuote] + "…" : token;
        return "'" + string.Concat(shown.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)) + "'";
    }
}
