namespace ClipGrpc.Models.Catalog;

/// <summary>The names that models are served under.</summary>
internal static class ModelName
{
    public const int MaxLength = 200;

    public const string Rule =
        "a name begins with a letter or digit and has at most 200 letters (A-Z, a-z), digits, '.', '_', '-' or '/'";

    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength && char.IsAsciiLetterOrDigit(name[0]) && name.All(IsNameCharacter);

    /// <summary>A folder's own name, or the Hub id or OpenCLIP name without its revision.</summary>
    public static string FromSource(string source)
    {
        var text = source.Trim();
        if (LooksLikePath(text))
            text = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(text)));
        else if (text.IndexOf('@') is > 0 and var revision)
            text = text[..revision];

        var cleaned = string.Concat(text.Select(c => IsNameCharacter(c) ? c : '-')).TrimStart('.', '_', '-', '/');
        return cleaned.Length == 0 ? "model" : cleaned[..Math.Min(cleaned.Length, MaxLength)];
    }

    /// <summary>Whether a source is a folder by the way it is written.</summary>
    public static bool LooksLikePath(string source) =>
        source.StartsWith('.') || source.StartsWith('~') || Path.IsPathRooted(source);

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/';
}
