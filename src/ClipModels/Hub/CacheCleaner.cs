using ClipGrpc.Models.Files;

namespace ClipGrpc.Models.Hub;

/// <summary>
/// Removes models, revisions and what nothing needs from the cache. Blobs that another revision of the model has too
/// stay; what another process is fetching stays as well.
/// </summary>
internal sealed class CacheCleaner(string cacheFolder)
{
    /// <param name="allRevisions">The whole model; otherwise the revision that <paramref name="model"/> names.</param>
    /// <exception cref="ClipException">It is not in the cache, or the cache cannot be read.</exception>
    public CacheRemoval PlanModel(HubModelId model, bool allRevisions) => Guard(() =>
    {
        var cache = new HubCache(cacheFolder, model);
        if (!Directory.Exists(cache.Folder))
            throw HubErrors.NotCached(model, cacheFolder);

        var all = SnapshotsOf(cache);
        if (allRevisions)
            return Plan(model, cache, all, RefsOf(cache));

        var commit = cache.FindCommit(model) ?? throw HubErrors.NotCached(model, cacheFolder);
        return Plan(
            model, cache, [cache.Snapshot(commit)], [.. RefsOf(cache).Where(path => CommitOf(path) == commit)]);
    });

    /// <summary>
    /// Parts of interrupted downloads, and blobs that no revision has. Models without any are left out.
    /// </summary>
    /// <param name="oldRevisions">Also commits that no branch or tag of the cache stands for any more.</param>
    /// <exception cref="ClipException">The cache cannot be read.</exception>
    public IReadOnlyList<CacheRemoval> PlanUnneeded(bool oldRevisions) => Guard(() =>
    {
        var plans = new List<CacheRemoval>();
        if (!Directory.Exists(cacheFolder))
            return plans;

        var models = Directory.EnumerateDirectories(cacheFolder, SnapshotFolder.ModelPrefix + "*");
        foreach (var folder in models.Order(StringComparer.Ordinal))
        {
            if (!HubModelId.TryParse(SnapshotFolder.ToId(Path.GetFileName(folder)), out var model))
                continue;

            var cache = new HubCache(cacheFolder, model);
            var current = RefsOf(cache).Select(CommitOf).ToHashSet(StringComparer.Ordinal);
            var plan = Plan(
                model,
                cache,
                [.. SnapshotsOf(cache).Where(path => oldRevisions && !current.Contains(Path.GetFileName(path)))],
                []);
            plan = plan with { Blobs = [.. plan.Blobs.Where(blob => !IsBeingFetched(cache, blob))] };
            plan = plan with { Bytes = BytesOf(plan) };
            if (!plan.IsEmpty)
                plans.Add(plan);
        }

        return plans;
    });

    /// <summary>Removes what was planned, unless somebody is fetching it or has come to need it since.</summary>
    /// <returns>Bytes that were freed.</returns>
    /// <exception cref="ClipException">Somebody is fetching it, or the cache cannot be written.</exception>
    public long Remove(CacheRemoval plan) => Guard(() =>
    {
        var cache = new HubCache(cacheFolder, plan.Model);
        var locks = new List<HubLock>();
        try
        {
            foreach (var hash in plan.Blobs.Select(HubCache.HashOf).OfType<BlobHash>().Distinct())
                locks.Add(HubLock.TryAcquire(cache.Lock(hash)) ?? throw HubErrors.BeingFetched(plan.Model.Id));

            var needed = NeededBlobs(cache, SnapshotsOf(cache).Except(plan.Snapshots, StringComparer.Ordinal));
            plan = plan with { Blobs = [.. plan.Blobs.Where(blob => !needed.Contains(blob))] };
            var bytes = BytesOf(plan);
            // In this order an interruption leaves no name without its content.
            foreach (var path in plan.Refs)
                File.Delete(path);
            foreach (var path in plan.Snapshots)
                Directory.Delete(path, recursive: true);
            foreach (var path in plan.Blobs)
                File.Delete(path);
            DeleteIfBare(cache);
            return bytes;
        }
        finally
        {
            locks.ForEach(held => held.Dispose());
        }
    });

    private static CacheRemoval Plan(
        HubModelId model, HubCache cache, IReadOnlyList<string> snapshots, IReadOnlyList<string> refs)
    {
        var needed = NeededBlobs(cache, SnapshotsOf(cache).Except(snapshots, StringComparer.Ordinal));
        string[] blobs = Directory.Exists(cache.Blobs)
            ? [.. Directory.EnumerateFiles(cache.Blobs)
                .Where(path => HubCache.HashOf(path) is not null && !needed.Contains(path))
                .Order(StringComparer.Ordinal)]
            : [];
        var plan = new CacheRemoval(model, snapshots, refs, blobs, Bytes: 0);
        return plan with { Bytes = BytesOf(plan) };
    }

    /// <summary>The targets of links; for copies, where a system has no links, the blobs of their length.</summary>
    private static HashSet<string> NeededBlobs(HubCache cache, IEnumerable<string> snapshots)
    {
        var needed = new HashSet<string>(StringComparer.Ordinal);
        var copies = new HashSet<long>();
        foreach (var path in snapshots.SelectMany(CacheFile.In))
        {
            if (File.ResolveLinkTarget(path, returnFinalTarget: false) is { } target)
                needed.Add(Path.GetFullPath(target.FullName));
            else
                copies.Add(CacheFile.Length(path));
        }

        if (copies.Count > 0 && Directory.Exists(cache.Blobs))
        {
            needed.UnionWith(Directory.EnumerateFiles(cache.Blobs)
                .Where(path => !HubCache.IsPart(path) && copies.Contains(CacheFile.Length(path))));
        }

        return needed;
    }

    private static bool IsBeingFetched(HubCache cache, string blob)
    {
        using var free = HubLock.TryAcquire(cache.Lock(HubCache.HashOf(blob)!));
        return free is null;
    }

    // Links in snapshots take no space of their own.
    private static long BytesOf(CacheRemoval plan) =>
        plan.Snapshots.SelectMany(CacheFile.In).Concat(plan.Blobs)
            .Where(path => File.ResolveLinkTarget(path, returnFinalTarget: false) is null)
            .Sum(CacheFile.Length);

    private static void DeleteIfBare(HubCache cache)
    {
        if (Directory.Exists(cache.Folder)
            && !Directory.EnumerateFiles(cache.Folder, "*", SearchOption.AllDirectories).Any())
        {
            Directory.Delete(cache.Folder, recursive: true);
        }
    }

    private static List<string> SnapshotsOf(HubCache cache) => Directory.Exists(cache.Snapshots)
        ? [.. Directory.EnumerateDirectories(cache.Snapshots)
            .Where(path => SnapshotFolder.IsCommitHash(Path.GetFileName(path)))
            .Order(StringComparer.Ordinal)]
        : [];

    private static List<string> RefsOf(HubCache cache) => Directory.Exists(cache.Refs)
        ? [.. Directory.EnumerateFiles(cache.Refs, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)]
        : [];

    private static string CommitOf(string reference) => File.ReadAllText(reference).Trim();

    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw HubErrors.CacheUnusable(cacheFolder, exception);
        }
    }
}
