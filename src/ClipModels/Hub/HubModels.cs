using ClipGrpc.Models.Checkpoints;

namespace ClipGrpc.Models.Hub;

/// <summary>Models of the Hub as folders of this machine.</summary>
internal sealed class HubModels : IDisposable
{
    private readonly HubOptions _options;
    private readonly HubClient _client;
    private readonly HubRetry _retry;
    private readonly HubFileDownload _download;
    private readonly HubFileDownload _repair;

    public HubModels(HubOptions options, TimeProvider time)
        : this(options, time, DiskSpace.FreeIn, Random.Shared.NextDouble)
    {
    }

    /// <param name="freeSpace">Bytes free in a folder; null where that is not known.</param>
    /// <param name="random">Between 0 and 1; lengthens pauses.</param>
    public HubModels(HubOptions options, TimeProvider time, Func<string, long?> freeSpace, Func<double> random)
    {
        _options = options;
        _client = new HubClient(options, time);
        _retry = new HubRetry(time, random);
        _download = new HubFileDownload(options, _client, _retry, time, freeSpace);
        _repair = new HubFileDownload(options, _client, _retry, time, freeSpace) { VerifiesCachedFiles = true };
    }

    /// <summary>Whether files that the cache has are hashed too, and fetched again where they are damaged.</summary>
    public bool VerifiesCachedFiles { get; init; }

    /// <summary>
    /// The folder of the revision's snapshot with all that is needed to serve it. The Hub is asked what the revision is
    /// now; where it cannot be asked, what the cache has is used.
    /// </summary>
    /// <param name="precision">Which towers, where the model has no checkpoint but is pre-exported to ONNX.</param>
    /// <exception cref="ClipException">It is not to be had; the message says why and what to do.</exception>
    public async Task<string> FetchAsync(
        HubModelId model, Precision precision, IDownloadProgress progress, CancellationToken cancellationToken)
    {
        var cache = new HubCache(_options.CacheFolder, model);
        var cached = cache.FindCommit(model) is { } known && SnapshotFiles.IsUsable(cache.Snapshot(known), precision)
            ? known
            : null;
        if (_options.Offline)
            return Cached(cache, cached ?? throw HubErrors.Offline(_options, model));

        HubModelInfo info;
        try
        {
            // With something to fall back to, a Hub out of reach should not hold up the start.
            info = await _retry.RunAsync(
                model.ToString(), token => _client.GetModelAsync(model, token), () => 0,
                cached is null ? HubRetry.MaxTries : 1, progress, cancellationToken);
        }
        catch (HubTransientException exception)
        {
            if (cached is null)
                throw HubErrors.GaveUp(_options, model, null, exception);
            progress.UsingCache(model.ToString(), cached, exception.Message);
            return Cached(cache, cached);
        }

        await FetchFilesAsync(model, precision, cache, info, progress, cancellationToken);
        cache.Remember(model, info.Commit);
        return cache.Snapshot(info.Commit);
    }

    /// <summary>Fetches files of a snapshot again.</summary>
    /// <param name="model">With the commit as its revision.</param>
    /// <param name="files">Names relative to the snapshot; files whose content matches their hash are kept.</param>
    /// <exception cref="ClipException">It is not to be had; the message says why and what to do.</exception>
    public async Task RepairAsync(
        HubModelId model, IEnumerable<string> files, IDownloadProgress progress, CancellationToken cancellationToken)
    {
        if (_options.Offline)
            throw HubErrors.OfflineRepair(model);

        var cache = new HubCache(_options.CacheFolder, model);
        foreach (var name in files)
            await _repair.FetchAsync(model, cache, model.Revision, name, progress, cancellationToken);
    }

    public void Dispose() => _client.Dispose();

    private string Cached(HubCache cache, string commit)
    {
        var snapshot = cache.Snapshot(commit);
        if (VerifiesCachedFiles)
            SnapshotVerifier.ThrowIfDamaged(snapshot);
        return snapshot;
    }

    private async Task FetchFilesAsync(
        HubModelId model, Precision precision, HubCache cache, HubModelInfo info, IDownloadProgress progress,
        CancellationToken cancellationToken)
    {
        var snapshot = cache.Snapshot(info.Commit);
        // Whole weights that another tool fetched are as good as those that would be chosen.
        string[] candidates = SnapshotFiles.FindWeights(snapshot) is { } found
            ? [found]
            : [.. CheckpointFiles.Weights.Where(info.Files.Contains)];
        if (candidates.Length > 0)
        {
            foreach (var name in CheckpointFiles.Settings.Where(info.Files.Contains))
                await FetchAsync(name);
        }

        foreach (var weights in candidates)
        {
            await FetchAsync(weights);
            foreach (var part in CheckpointFiles.PartsOf(snapshot, weights).Skip(1))
                await FetchAsync(part);

            // timm's own weights of an image tower have the name that transformers gives to those of a whole model.
            if (!CheckpointFiles.IsOneTower(Path.Combine(snapshot, weights)))
                return;
        }

        if (candidates.Length > 0 && PreExportedLayout.Detect(info.Files.Contains) is null)
            throw HubErrors.OneTower(model);
        foreach (var name in FindPreExportedFiles(model, precision, snapshot, info))
            await FetchAsync(name);

        Task FetchAsync(string name) => (VerifiesCachedFiles ? _repair : _download)
            .FetchAsync(model, cache, info.Commit, name, progress, cancellationToken);
    }

    private static IEnumerable<string> FindPreExportedFiles(
        HubModelId model, Precision precision, string snapshot, HubModelInfo info)
    {
        var layout = PreExportedLayout.Detect(info.Files.Contains) ?? throw HubErrors.NoWeights(model);
        var towers = SnapshotFiles.FindTowers(snapshot, precision)
            ?? layout.Choose(model.ToString(), info.Files.Contains, precision);
        return layout.FilesOf(towers, info.Files);
    }
}
