using ClipGrpc.Models.Files;

namespace ClipGrpc.Models.Hub;

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
                : [.. Directory.EnumerateDirectories(cacheFolder, SnapshotFolder.ModelPrefix + "*")
                    .Order(StringComparer.Ordinal)
                    .SelectMany(ListModel)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw HubErrors.CacheUnusable(cacheFolder, exception);
        }
    }

    private static IEnumerable<CachedModel> ListModel(string folder)
    {
        var id = SnapshotFolder.ToId(Path.GetFileName(folder));
        var snapshots = Path.Combine(folder, SnapshotFolder.Parent);
        if (!Directory.Exists(snapshots))
            return [];

        var revisions = ReadRefs(Path.Combine(folder, HubCache.RefsFolder));
        return Directory.EnumerateDirectories(snapshots)
            .Where(snapshot => SnapshotFolder.IsCommitHash(Path.GetFileName(snapshot)))
            .Order(StringComparer.Ordinal)
            .Select(snapshot => new CachedModel(
                id,
                Path.GetFileName(snapshot),
                [.. revisions[Path.GetFileName(snapshot)].Order(StringComparer.Ordinal)],
                CacheFile.In(snapshot).Where(CacheFile.Exists).Sum(CacheFile.Length),
                TryFindServed(snapshot),
                snapshot));
    }

    // An index that cannot be read makes one model unusable, not the list.
    private static string? TryFindServed(string snapshot)
    {
        try
        {
            return SnapshotFiles.FindServed(snapshot);
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
