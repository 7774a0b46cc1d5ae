namespace ClipGrpc.Server.Models.Hub;

/// <summary>Lists what the cache has.</summary>
internal static class CachedModels
{
    /// <exception cref="ClipException">The cache cannot be read.</exception>
    public static IReadOnlyList<CachedModel> List(string cacheFolder)
    {
        try
        {
            return !Directory.Exists(cacheFolder)
                ? []
                : [.. Directory.EnumerateDirectories(cacheFolder, HubCache.FolderPrefix + "*")
                    .Order(StringComparer.Ordinal)
                    .SelectMany(ListModel)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw HubErrors.CacheUnusable(cacheFolder, error);
        }
    }

    private static IEnumerable<CachedModel> ListModel(string folder)
    {
        var id = Path.GetFileName(folder)[HubCache.FolderPrefix.Length..].Replace("--", "/", StringComparison.Ordinal);
        var snapshots = Path.Combine(folder, HubCache.SnapshotsFolder);
        if (!Directory.Exists(snapshots)) return [];

        var revisions = ReadRefs(Path.Combine(folder, HubCache.RefsFolder));
        return Directory.EnumerateDirectories(snapshots)
            .Where(snapshot => HubModelId.IsCommitHash(Path.GetFileName(snapshot)))
            .Order(StringComparer.Ordinal)
            .Select(snapshot => new CachedModel(
                id,
                Path.GetFileName(snapshot),
                [.. revisions[Path.GetFileName(snapshot)].Order(StringComparer.Ordinal)],
                Files(snapshot).Where(File.Exists).Sum(Length),
                TryFindWeights(snapshot),
                snapshot));
    }

    /// <summary>Paths of all files of a snapshot, broken links included.</summary>
    public static IEnumerable<string> Files(string snapshot) =>
        Directory.EnumerateFiles(snapshot, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    /// <summary>Of a file or of what a link leads to, in bytes.</summary>
    public static long Length(string path)
    {
        using var handle = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        return RandomAccess.GetLength(handle);
    }

    // An index that cannot be read makes one model unusable, not the list.
    private static string? TryFindWeights(string snapshot)
    {
        try
        {
            return SnapshotFiles.FindWeights(snapshot);
        }
        catch (ClipException)
        {
            return null;
        }
    }

    private static ILookup<string, string> ReadRefs(string folder) =>
        (Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories) : [])
        .ToLookup(
            path => File.ReadAllText(path).Trim(),
            path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'),
            StringComparer.Ordinal);
}
