using System.Text.RegularExpressions;
using Microsoft.Extensions.FileSystemGlobbing;

namespace ClipGrpc.Cli.Inputs;

/// <summary>
/// Patterns that the shell did not resolve: <c>*</c> and <c>?</c> within a name, <c>**</c> for any folders between.
/// </summary>
internal static class GlobPattern
{
    private static readonly char[] Wildcards = ['*', '?'];

    private static readonly char[] Separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];

    public static bool IsPattern(string path) => path.IndexOfAny(Wildcards) >= 0;

    /// <summary>The files that match, sorted, each once.</summary>
    /// <param name="pattern">Names that begin with a dot match where a part of it does.</param>
    /// <param name="includeHidden">They match in any case.</param>
    /// <exception cref="ArgumentException">There is a ".." behind the name of a folder.</exception>
    public static IReadOnlyList<string> Match(string pattern, bool includeHidden = false)
    {
        var start = pattern.AsSpan(0, pattern.IndexOfAny(Wildcards)).LastIndexOfAny(Separators) + 1;
        var root = pattern[..start];
        var parts = pattern[start..].Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        var rest = string.Join('/', parts.Where(part => part != "."));
        includeHidden |= parts.Any(part => part.StartsWith('.') && part is not ("." or ".."));
        var folder = new DirectoryInfo(root.Length == 0 ? "." : root);
        if (!folder.Exists)
            return [];

        // Matcher does not support "?": it searches with "*" instead, and the expression filters what it finds.
        var matcher = new Matcher(StringComparison.Ordinal).AddInclude(rest.Replace('?', '*'));
        var expression = new Regex(ExpressionOf(rest), RegexOptions.CultureInvariant | RegexOptions.Singleline);
        var paths = matcher.Execute(new GlobFolder(folder, includeHidden)).Files.Select(match => match.Path);
        return
        [
            .. paths.Where(path => expression.IsMatch(path))
                .Select(path => Path.Combine(root, path))
                .Order(StringComparer.Ordinal),
        ];
    }

    private static string ExpressionOf(string pattern) =>
        "^" + Regex.Escape(pattern)
            .Replace(@"\*\*/", "(.+/)?")
            .Replace(@"\*\*", ".*")
            .Replace(@"\*", "[^/]*")
            .Replace(@"\?", "[^/]") + @"\z";
}
