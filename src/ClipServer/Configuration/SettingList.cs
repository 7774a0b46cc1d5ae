namespace ClipGrpc.Server.Configuration;

/// <summary>
/// Several values in one setting. In configuration they are separated by semicolons; the command line separates them by
/// line feeds, so that a folder's name can contain a semicolon.
/// </summary>
internal static class SettingList
{
    public static string Join(IEnumerable<string> values) => string.Concat(values.Select(value => value + '\n'));

    /// <summary>The values, trimmed. An empty value from the command line is kept, so that it is reported.</summary>
    public static string[] Split(string text) => text.EndsWith('\n')
        ? text[..^1].Split('\n', StringSplitOptions.TrimEntries)
        : text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
