namespace ClipGrpc.Models.Hub;

/// <summary>Brings one file of a commit into the cache: resumed, verified, and only then visible.</summary>
internal sealed class HubFileDownload(
    HubOptions options, HubClient client, HubRetry retry, TimeProvider time, Func<string, long?> freeSpace)
{
    private const int BufferLength = 1 << 18;

    /// <summary>Whether files that the cache has are hashed, and fetched again where they are damaged.</summary>
    public bool VerifiesCachedFiles { get; init; }

    /// <summary>Left free on the disk, so that logs and links still find room.</summary>
    private const long SpaceReserve = 16 << 20;

    /// <exception cref="ClipException">It cannot be had; the message says why and what to do.</exception>
    public async Task FetchAsync(
        HubModelId model, HubCache cache, string commit, string name, IDownloadProgress progress,
        CancellationToken cancellationToken)
    {
        HubFileName.Check(name);
        if (cache.Has(commit, name)
            && !(VerifiesCachedFiles && IsRemovedAsDamaged(cache, commit, name, progress, cancellationToken)))
        {
            return;
        }

        var file = await TryAsync(
            model, name, token => client.GetFileAsync(model, commit, name, token), () => 0, progress,
            cancellationToken);
        using (await HubLock.AcquireAsync(cache.Lock(file.Hash), time, () => progress.Waiting(name), cancellationToken))
        {
            if (!HasBlob(cache, file) || (VerifiesCachedFiles && IsDamagedBlob(cache, file, cancellationToken)))
            {
                progress.Started(name, PartLength(cache, file), file.Size);
                await FetchBlobAsync(model, cache, commit, file, progress, cancellationToken);
                progress.Finished(name, file.Size);
            }

            cache.Link(commit, file);
        }
    }

    private static bool IsRemovedAsDamaged(
        HubCache cache, string commit, string name, IDownloadProgress progress, CancellationToken cancellationToken)
    {
        var path = Path.Combine(cache.Snapshot(commit), name);
        var file = SnapshotVerifier.VerifyFile(path, name, cache.Blobs, null, cancellationToken);
        if (!file.IsDamaged)
            return false;

        progress.Damaged(name, file.Problem!);
        cache.Remove(commit, name);
        return true;
    }

    private static bool IsDamagedBlob(HubCache cache, HubFile file, CancellationToken cancellationToken) =>
        SnapshotVerifier.VerifyFile(cache.Blob(file.Hash), file.Name, cache.Blobs, null, cancellationToken).IsDamaged;

    // A blob of another length is what a tool that was killed left, or damage: it is fetched again.
    private static bool HasBlob(HubCache cache, HubFile file) =>
        new FileInfo(cache.Blob(file.Hash)) is { Exists: true } blob && blob.Length == file.Size;

    /// <summary>What an earlier download left that can be of use, in bytes.</summary>
    private static long PartLength(HubCache cache, HubFile file) =>
        new FileInfo(cache.PartOf(file.Hash)) is { Exists: true } part && part.Length <= file.Size ? part.Length : 0;

    private async Task FetchBlobAsync(
        HubModelId model, HubCache cache, string commit, HubFile file, IDownloadProgress progress,
        CancellationToken cancellationToken)
    {
        var path = cache.PartOf(file.Hash);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            CheckSpace(path, file, file.Size - PartLength(cache, file));
            using (var part = await PartFile.OpenAsync(path, file, cancellationToken))
            {
                await FillAsync(model, commit, file, part, progress, cancellationToken);
                if (!part.IsVerified)
                {
                    part.Restart();
                    throw HubErrors.WrongHash(model, file);
                }

                part.Flush();
            }

            File.Move(path, cache.Blob(file.Hash), overwrite: true);
        }
        catch (IOException exception) when (DiskSpace.IsFull(exception))
        {
            var missing = file.Size - PartLength(cache, file);
            throw HubErrors.NoSpace(options.CacheFolder, file.Name, missing, freeSpace(options.CacheFolder), exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw HubErrors.CacheUnusable(path, exception);
        }
        finally
        {
            if (File.Exists(path) && PartLength(cache, file) == 0)
                File.Delete(path);
        }
    }

    /// <summary>
    /// Returns when all bytes are there. If the part of an earlier download is wrong, fetches it again, once.
    /// </summary>
    private async Task FillAsync(
        HubModelId model, string commit, HubFile file, PartFile part, IDownloadProgress progress,
        CancellationToken cancellationToken)
    {
        var isOwn = part.Length == 0;
        await DownloadAsync();
        if (!isOwn && !part.IsVerified)
        {
            part.Restart();
            await DownloadAsync();
        }

        Task DownloadAsync() => TryAsync(
            model,
            file.Name,
            async token =>
            {
                if (!part.IsComplete)
                    await ReceiveAsync(model, commit, file, part, progress, token);
                return true;
            },
            () => part.Length,
            progress,
            cancellationToken);
    }

    private async Task ReceiveAsync(
        HubModelId model, string commit, HubFile file, PartFile part, IDownloadProgress progress,
        CancellationToken cancellationToken)
    {
        using var body = await client.OpenAsync(model, commit, file, part.Length, cancellationToken);
        if (body.Offset != part.Length)
            part.Restart();

        var buffer = GC.AllocateUninitializedArray<byte>(BufferLength);
        int read;
        while ((read = await body.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (read > file.Size - part.Length)
            {
                part.Restart();
                throw HubErrors.WrongSize(model, file);
            }

            await part.AppendAsync(buffer.AsMemory(0, read), cancellationToken);
            progress.Advanced(file.Name, part.Length, file.Size);
        }

        if (!part.IsComplete)
            throw new HubTransientException($"the connection ended after {part.Length} of {file.Size} bytes");
    }

    private void CheckSpace(string path, HubFile file, long missing)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (freeSpace(folder) is { } free && free - SpaceReserve < missing)
            throw HubErrors.NoSpace(options.CacheFolder, file.Name, missing, free);
    }

    private async Task<T> TryAsync<T>(
        HubModelId model, string name, Func<CancellationToken, Task<T>> attempt, Func<long> position,
        IDownloadProgress progress, CancellationToken cancellationToken)
    {
        try
        {
            return await retry.RunAsync(name, attempt, position, HubRetry.MaxTries, progress, cancellationToken);
        }
        catch (HubTransientException exception)
        {
            throw HubErrors.GaveUp(options, model, name, exception);
        }
    }
}
