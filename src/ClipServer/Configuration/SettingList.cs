namespace ClipGrpc.Server.Configuration;

/// <summary>
/// Several values in one setting. Written by hand they stand between semicolons; the command line puts each on a line
/// of its own, so that a folder's name may hold a semicolon.
/// </summary>
internal static class SettingList
{
    public static string Join(IEnumerable<string> values) => string.Concat(values.Select(value => value + '\n'));

    /// <summary>The values, trimmed. An empty one on a line of its own stays, to be refused.</summary>
    public static string[] Split(string text) => text.EndsWith('\n')
        ? text[..^1].Split('\n', StringSplitOptions.TrimEntries)
        : text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
