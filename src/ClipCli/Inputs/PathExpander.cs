namespace ClipGrpc.Cli.Inputs;

/// <summary>
/// Turns paths into images, one after the other: files as they are, folders as the image files in and below them,
/// patterns as the files that match. What gives no image becomes an item of its own with its error. Sorted within each
/// folder.
/// </summary>
internal static class PathExpander
{
    public static IEnumerable<CliInput> Expand(IEnumerable<string> paths, FileSelection? selection = null)
    {
        selection ??= new FileSelection();
        return paths.SelectMany(path => GlobPattern.IsPattern(path) && !File.Exists(path) && !Directory.Exists(path)
            ? Matches(path, selection)
            : ExpandName(path, selection));
    }

    /// <summary>The same without patterns, for names that no person has typed.</summary>
    public static IEnumerable<CliInput> ExpandName(string path, FileSelection selection) =>
        File.Exists(path) ? [CliInput.Image(path)]
        : Directory.Exists(path) ? Folder(path, selection)
        : [CliInput.Missing(path, "File or folder not found.")];

    /// <summary>The images in and below a folder, sorted; none where it has none.</summary>
    public static List<CliInput> ImagesIn(string folder, FileSelection? selection = null) =>
        [.. Walk(folder, selection ?? new FileSelection())];

    private static IEnumerable<CliInput> Folder(string folder, FileSelection selection)
    {
        var isEmpty = true;
        foreach (var input in Walk(folder, selection))
        {
            isEmpty = false;
            yield return input;
        }

        if (isEmpty)
            yield return CliInput.Missing(folder, "The folder has no images.");
    }

    private static IEnumerable<CliInput> Walk(string folder, FileSelection selection)
    {
        var (files, folders, problem) = List(folder, selection);
        if (problem is not null)
            yield return problem;
        foreach (var file in files.Where(selection.IsImage))
            yield return CliInput.Image(file);
        foreach (var input in folders.SelectMany(child => Walk(child, selection)))
            yield return input;
    }

    private static (List<string> Files, List<string> Folders, CliInput? Problem) List(
        string folder, FileSelection selection)
    {
        var files = new List<string>();
        var folders = new List<string>();
        try
        {
            foreach (var info in new DirectoryInfo(folder).EnumerateFileSystemInfos())
            {
                var path = Path.Combine(folder, info.Name);
                if (selection.Includes(info, path))
                    (info is DirectoryInfo ? folders : files).Add(path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return ([], [], CliInput.Missing(folder, $"The folder cannot be read: {exception.Message}"));
        }

        files.Sort(StringComparer.Ordinal);
        folders.Sort(StringComparer.Ordinal);
        return (files, folders, null);
    }

    private static IEnumerable<CliInput> Matches(string pattern, FileSelection selection)
    {
        try
        {
            var matches = GlobPattern.Match(pattern, selection.IncludeHidden);
            return matches.Count > 0
                ? matches.Select(CliInput.Image)
                : [CliInput.Missing(pattern, "No file matches the pattern.")];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [CliInput.Missing(pattern, $"The pattern cannot be evaluated: {exception.Message}")];
        }
    }
}
