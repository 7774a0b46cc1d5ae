using ClipGrpc.Models.Files;
using ClipGrpc.Models.Hub;

namespace ClipGrpc.Cli.Diagnosis;

/// <summary>The folders in which this machine keeps models and what is made of them.</summary>
/// <param name="hub">Of this machine.</param>
/// <param name="cacheFolder">For converted weights and search indexes; null where nothing is kept.</param>
/// <param name="freeSpace">Bytes free in a folder; null where that is not known.</param>
internal sealed class CacheChecks(HubOptions hub, string? cacheFolder, Func<string, long?> freeSpace)
{
    private const long ScarceSpace = 5_000_000_000;
    private const long NoSpace = 100_000_000;
    private const int ShownFiles = 3;

    public IReadOnlyList<Finding> Run()
    {
        try
        {
            return [CheckHub(), CheckModels(), CheckSpace(), CheckOwnCache()];
        }
        catch (ClipException exception)
        {
            return
            [
                Finding.Fail(
                    "model cache", exception.Message, "Make the folder readable, or set HF_HUB_CACHE to another one."),
            ];
        }
    }

    private Finding CheckHub()
    {
        const string name = "Hugging Face Hub";
        var token = hub.Token is null ? "no token" : "with a token";
        return hub.Offline
            ? Finding.Warn(
                name,
                $"not used: {HubOptions.OfflineVariable} is set",
                $"Unset {HubOptions.OfflineVariable} to download or repair models.")
            : Finding.Ok(name, $"{hub.Endpoint}, {token}");
    }

    // Quick: whether what is there is complete, not whether its content is right.
    private Finding CheckModels()
    {
        const string name = "model cache";
        var models = CachedModels.List(hub.CacheFolder);
        var damaged = models
            .SelectMany(model => CacheFile.In(model.Folder).Where(IsDamaged)
                .Select(path => $"{model.Id}: {Path.GetRelativePath(model.Folder, path)}"))
            .ToList();
        var detail = $"{hub.CacheFolder}: {models.Count} models, {HubErrors.Size(models.Sum(model => model.Size))}";
        if (damaged.Count > 0)
        {
            var shown = string.Join(", ", damaged.Take(ShownFiles));
            return Finding.Fail(
                name, $"{detail}; {damaged.Count} damaged files: {shown}", "Repair them: clip verify --repair");
        }

        return models.FirstOrDefault(model => model.Weights is null) is { } incomplete
            ? Finding.Warn(
                name, $"{detail}; {incomplete.Id} is not complete", $"Download the rest: clip pull {incomplete.Id}")
            : Finding.Ok(name, $"{detail}; no file is missing (clip verify checks their contents)");
    }

    private Finding CheckSpace()
    {
        const string name = "free disk space";
        var folder = hub.CacheFolder;
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
            folder = parent;
        const string advice = "Free space (clip prune, clip rm), or specify another folder with HF_HUB_CACHE.";
        return freeSpace(folder) switch
        {
            null => Finding.Ok(name, $"unknown for {folder}"),
            < NoSpace and var free => Finding.Fail(name, $"{HubErrors.Size(free)} in {folder}", advice),
            < ScarceSpace and var free => Finding.Warn(name, $"{HubErrors.Size(free)} in {folder}", advice),
            { } free => Finding.Ok(name, $"{HubErrors.Size(free)} in {folder}"),
        };
    }

    private Finding CheckOwnCache()
    {
        const string name = "own cache";
        var advice = $"Specify another folder with {CacheFolder.Variable}.";
        if (cacheFolder is null)
            return Finding.Ok(name, $"disabled ({CacheFolder.Variable})");

        try
        {
            // Creating a file shows what rights and read-only mounts allow.
            Directory.CreateDirectory(cacheFolder);
            var probe = Path.Combine(cacheFolder, $"doctor-{Guid.NewGuid():N}.tmp");
            using (File.Create(probe, 1, FileOptions.DeleteOnClose))
            {
            }

            var bytes = new DirectoryInfo(cacheFolder).EnumerateFiles("*", SearchOption.AllDirectories)
                .Sum(file => file.Length);
            return Finding.Ok(name, $"{cacheFolder}: {HubErrors.Size(bytes)} of converted weights and search indexes");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Finding.Warn(name, $"{cacheFolder} cannot be written: {exception.Message}", advice);
        }
    }

    private static bool IsDamaged(string path) => !CacheFile.Exists(path) || IsEmptyBlob(path);

    // Of an empty file the hash is known; any other name of a blob without content is damage.
    private static bool IsEmptyBlob(string path) =>
        CacheFile.Length(path) == 0
        && File.ResolveLinkTarget(path, returnFinalTarget: false) is { } target
        && BlobHash.TryParse(Path.GetFileName(target.FullName), out var hash)
        && !hash.Matches(hash.Begin(0));
}
