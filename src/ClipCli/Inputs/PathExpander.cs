namespace ClipGrpc.Cli.Inputs;

/// <summary>
/// Turns PATH arguments into images: files as they are, folders as the image files in and below them, patterns as
/// the files that match. What gives no image becomes an item of its own with its error. Sorted within each PATH.
/// </summary>
internal static class PathExpander
{
    private static readonly HashSet<string> ImageExtensions =
        new(StringComparer.OrdinalIgnoreCase) { ".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp" };

    public static List<CliInput> Expand(IEnumerable<string> paths)
    {
        var inputs = new List<CliInput>();
        foreach (var path in paths)
        {
            if (File.Exists(path))
                inputs.Add(CliInput.Image(path));
            else if (Directory.Exists(path))
                AddFolder(path, inputs);
            else if (GlobPattern.IsPattern(path))
                AddMatches(path, inputs);
            else
                inputs.Add(CliInput.Missing(path, "There is no such file or folder."));
        }

        return inputs;
    }

    /// <summary>The images in and below a folder, sorted; none where it has none.</summary>
    public static List<CliInput> ImagesIn(string folder)
    {
        var inputs = new List<CliInput>();
        Walk(folder, inputs);
        return inputs;
    }

    private static void AddFolder(string folder, List<CliInput> inputs)
    {
        var before = inputs.Count;
        Walk(folder, inputs);
        if (inputs.Count == before)
            inputs.Add(CliInput.Missing(folder, "The folder has no images."));
    }

    private static void Walk(string folder, List<CliInput> inputs)
    {
        try
        {
            var files = Directory.GetFiles(folder).Where(file => ImageExtensions.Contains(Path.GetExtension(file)));
            inputs.AddRange(files.Order(StringComparer.Ordinal).Select(CliInput.Image));
            foreach (var child in ChildrenOf(folder))
                Walk(child, inputs);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            inputs.Add(CliInput.Missing(folder, $"The folder cannot be read: {exception.Message}"));
        }
    }

    // Links are left out, for they may lead in circles.
    private static IEnumerable<string> ChildrenOf(string folder) => new DirectoryInfo(folder)
        .EnumerateDirectories()
        .Where(child => child.LinkTarget is null)
        .Select(child => Path.Combine(folder, child.Name))
        .Order(StringComparer.Ordinal);

    private static void AddMatches(string pattern, List<CliInput> inputs)
    {
        try
        {
            var matches = GlobPattern.Match(pattern);
            inputs.AddRange(matches.Select(CliInput.Image));
            if (matches.Count == 0)
                inputs.Add(CliInput.Missing(pattern, "No file matches the pattern."));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            inputs.Add(CliInput.Missing(pattern, $"The pattern cannot be followed: {exception.Message}"));
        }
    }
}
