namespace ClipGrpc;

/// <summary>A caller's own words in a message: short, since errors travel in headers, which clients limit.</summary>
internal static class Excerpt
{
    public static string Of(string text, int length = 80)
    {
        if (text.Length <= length)
            return text;

        // Half a surrogate pair is no text and could not be sent.
        return text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)] + "…";
    }
}
