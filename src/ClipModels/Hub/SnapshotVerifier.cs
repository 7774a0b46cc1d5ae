using ClipGrpc.Models.Files;

namespace ClipGrpc.Models.Hub;

/// <summary>Hashes the files of a snapshot again and compares them with the names of their blobs.</summary>
internal static class SnapshotVerifier
{
    private const int BufferLength = 1 << 20;

    public static bool IsSnapshot(string folder)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return SnapshotFolder.IsCommitHash(Path.GetFileName(path))
            && Path.GetFileName(Path.GetDirectoryName(path)) == SnapshotFolder.Parent;
    }

    /// <param name="snapshot">A folder for which <see cref="IsSnapshot"/> holds.</param>
    public static IEnumerable<VerifiedFile> Verify(
        string snapshot, IDownloadProgress? progress, CancellationToken cancellationToken)
    {
        var blobs = Path.GetFullPath(Path.Combine(snapshot, "..", "..", HubCache.BlobsFolder));
        foreach (var path in CacheFile.In(snapshot))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = Path.GetRelativePath(snapshot, path).Replace(Path.DirectorySeparatorChar, '/');
            yield return VerifyFile(path, name, blobs, progress, cancellationToken);
        }
    }

    /// <summary>Refuses a file of the cache, as it is loaded, whose content is not what its blob's name says.</summary>
    /// <param name="sha256">Of the file's content.</param>
    /// <exception cref="ClipException">It is damaged.</exception>
    public static void CheckBlob(ContentFile file, string sha256)
    {
        if (HubCache.FindBlob(file.Path) is not { } hash)
            return;

        using var source = RegularFile.Open(file.Path);
        if (!(hash.IsSha256 ? hash.Text == sha256 : Matches(source, hash)))
            throw HubErrors.Damaged(file.Name, HubErrors.WrongContent(source.Length, hash));
    }

    /// <summary>Explains why a snapshot cannot be read, if the cause is a damaged file.</summary>
    /// <exception cref="ClipException">A file is damaged.</exception>
    public static void ThrowIfDamaged(string folder)
    {
        if (!IsSnapshot(folder))
            return;
        if (Verify(folder, null, CancellationToken.None).FirstOrDefault(file => file.IsDamaged) is { } damaged)
            throw HubErrors.Damaged(damaged.Name, damaged.Problem!);
    }

    // Git's hashes are of small files.
    private static bool Matches(RegularFile file, BlobHash expected)
    {
        using var hash = expected.Begin(file.Length);
        hash.AppendData(file.Slice(0, file.Length).Span);
        return expected.Matches(hash);
    }

    /// <summary>As <see cref="Verify"/>, for one file.</summary>
    /// <param name="path">Of the file in a snapshot.</param>
    /// <param name="name">Relative to the snapshot.</param>
    /// <param name="blobs">The model's folder with its blobs.</param>
    public static VerifiedFile VerifyFile(
        string path, string name, string blobs, IDownloadProgress? progress, CancellationToken cancellationToken)
    {
        if (!CacheFile.Exists(path))
            return new VerifiedFile(name, 0, "its content is missing: the link is broken", IsDamaged: true);

        try
        {
            using var stream = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1, FileOptions.SequentialScan);
            var candidates = Candidates(path, blobs, stream.Length);
            if (candidates.Count == 0)
                return new VerifiedFile(name, stream.Length, "its expected hash is not known", IsDamaged: false);

            var matches = Matches(stream, name, candidates, progress, cancellationToken);
            return new VerifiedFile(
                name, stream.Length, matches ? null : HubErrors.WrongContent(stream.Length, candidates[0]), !matches);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new VerifiedFile(name, 0, "it cannot be read: " + exception.Message, IsDamaged: true);
        }
    }

    /// <summary>The hashes that a file may have: its link's target, or for a copy the blobs of its length.</summary>
    private static List<BlobHash> Candidates(string path, string blobs, long length)
    {
        if (File.ResolveLinkTarget(path, returnFinalTarget: false) is { } target)
            return BlobHash.TryParse(Path.GetFileName(target.FullName), out var own) ? [own] : [];

        var found = new List<BlobHash>();
        foreach (var blob in Directory.Exists(blobs) ? Directory.EnumerateFiles(blobs) : [])
        {
            if (BlobHash.TryParse(Path.GetFileName(blob), out var hash) && CacheFile.Length(blob) == length)
                found.Add(hash);
        }

        return found;
    }

    private static bool Matches(
        FileStream stream, string name, List<BlobHash> candidates, IDownloadProgress? progress,
        CancellationToken cancellationToken)
    {
        var hashes = candidates.ConvertAll(candidate => candidate.Begin(stream.Length));
        try
        {
            var buffer = GC.AllocateUninitializedArray<byte>(BufferLength);
            var done = 0L;
            progress?.Started(name, 0, stream.Length);
            for (var read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (var hash in hashes)
                    hash.AppendData(buffer, 0, read);
                progress?.Advanced(name, done += read, stream.Length);
            }

            progress?.Finished(name, stream.Length);
            return candidates.Zip(hashes).Any(pair => pair.First.Matches(pair.Second));
        }
        finally
        {
            hashes.ForEach(hash => hash.Dispose());
        }
    }
}
