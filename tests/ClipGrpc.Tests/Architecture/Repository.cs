namespace ClipGrpc.Tests.Architecture;

/// <summary>The working tree that the tests were built from.</summary>
internal static class Repository
{
    private static readonly string[] SourceFolders = ["src", "loadtest", "tests", "examples"];

    private static readonly string[] OtherFolders = ["clients", "docs", "models", "protos", "samples", "testdata"];

    public static string Root { get; } = FindRoot();

    /// <summary>Every C# file that a person wrote, by its path from the root with forward slashes.</summary>
    public static IReadOnlyList<string> SourceFiles() =>
        [.. SourceFolders.SelectMany(folder => Files(folder, "*.cs")).Order(StringComparer.Ordinal)];

    public static IReadOnlyList<string> ProjectFiles() =>
    [
        .. SourceFolders.Append("protos").SelectMany(folder => Files(folder, "*.csproj"))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Every page, by its path from the root with forward slashes.</summary>
    public static IReadOnlyList<string> Pages() =>
    [
        .. SourceFolders.Concat(OtherFolders).SelectMany(folder => Files(folder, "*.md"))
            .Concat(Directory.EnumerateFiles(Root, "*.md").Select(path => Path.GetFileName(path)))
            .Order(StringComparer.Ordinal),
    ];

    public static string FullPath(string path) => Path.Combine(Root, path);

    /// <summary>Fails with all of what was found; xunit's own message ends after five.</summary>
    public static void AssertNone(string heading, IEnumerable<string> found)
    {
        var lines = found.ToList();
        Assert.True(lines.Count == 0, $"{heading}:\n{string.Join('\n', lines)}");
    }

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(FullPath(folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(
                part => part is "bin" or "obj" or "node_modules" || part.StartsWith('.')));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ClipGrpc.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"ClipGrpc.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
