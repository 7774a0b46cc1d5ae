using System.IO.Enumeration;

namespace ClipGrpc.Cli.Inputs;

/// <summary>
/// Patterns that the shell did not resolve: <c>*</c> and <c>?</c> within a name, <c>**</c> for any folders between.
/// </summary>
internal static class GlobPattern
{
    private const string AnyFolders = "**";

    private static readonly char[] Wildcards = ['*', '?'];

    public static bool IsPattern(string path) => path.IndexOfAny(Wildcards) >= 0;

    /// <summary>The files that match, sorted, each once.</summary>
    public static IReadOnlyList<string> Match(string pattern)
    {
        var root = Path.GetPathRoot(pattern) ?? "";
        var parts = pattern[root.Length..].Split(
            [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
        var matches = new SortedSet<string>(StringComparer.Ordinal);
        Match(root, parts, matches);
        return [.. matches];
    }

    private static void Match(string folder, ReadOnlySpan<string> parts, SortedSet<string> matches)
    {
        if (parts[0] == AnyFolders)
        {
            // "**" at the end means every file below.
            Match(folder, parts.Length > 1 ? parts[1..] : ["*"], matches);
            foreach (var child in Folders.ChildrenOf(Existing(folder)))
                Match(Visible(folder, child), parts, matches);
        }
        else if (parts.Length > 1)
        {
            foreach (var child in MatchingFolders(folder, parts[0]))
                Match(child, parts[1..], matches);
        }
        else
        {
            foreach (var file in Directory.EnumerateFiles(Existing(folder)))
            {
                if (FileSystemName.MatchesSimpleExpression(parts[0], Path.GetFileName(file), ignoreCase: false))
                    matches.Add(Visible(folder, file));
            }
        }
    }

    private static IEnumerable<string> MatchingFolders(string folder, string part)
    {
        if (!IsPattern(part))
        {
            var child = Path.Combine(folder, part);
            return Directory.Exists(child) ? [child] : [];
        }

        return Folders.ChildrenOf(Existing(folder))
            .Where(child => FileSystemName.MatchesSimpleExpression(part, Path.GetFileName(child), ignoreCase: false))
            .Select(child => Visible(folder, child));
    }

    private static string Existing(string folder) => folder.Length == 0 ? "." : folder;

    // Matches of "*.jpg" are "a.jpg", not "./a.jpg".
    private static string Visible(string folder, string path) => Path.Combine(folder, Path.GetFileName(path));
}
