using ClipGrpc.Models.Files;

namespace ClipGrpc.Models.Hub;

/// <summary>
/// A model's part of the Hub cache, in the layout that the Hub's own tools share:
/// <c>models--org--name/{blobs/ETAG, refs/REVISION, snapshots/COMMIT/FILE → blobs}</c>.
/// </summary>
internal sealed class HubCache
{
    public const string BlobsFolder = "blobs";
    public const string RefsFolder = "refs";
    private const string LocksFolder = ".locks";
    private const string PartExtension = ".incomplete";

    private readonly string _folder;
    private readonly string _locks;

    public HubCache(string root, HubModelId model)
    {
        var name = SnapshotFolder.ModelPrefix + model.Id.Replace("/", "--", StringComparison.Ordinal);
        _folder = Path.Combine(root, name);
        _locks = Path.Combine(root, LocksFolder, name);
    }

    /// <summary>The hash that a blob of a cache must have; null where the path is none.</summary>
    public static BlobHash? FindBlob(string path)
    {
        var blobs = Path.GetDirectoryName(path);
        var model = Path.GetFileName(Path.GetDirectoryName(blobs)) ?? "";
        return Path.GetFileName(blobs) == BlobsFolder
            && model.StartsWith(SnapshotFolder.ModelPrefix, StringComparison.Ordinal)
            && BlobHash.TryParse(Path.GetFileName(path), out var hash)
                ? hash
                : null;
    }

    /// <summary>The hash that a file among a model's blobs is named by, a part of a download included.</summary>
    public static BlobHash? HashOf(string blobOrPart)
    {
        var name = Path.GetFileName(blobOrPart);
        if (name.EndsWith(PartExtension, StringComparison.Ordinal))
            name = name[..^PartExtension.Length];
        return BlobHash.TryParse(name, out var hash) ? hash : null;
    }

    public static bool IsPart(string path) => path.EndsWith(PartExtension, StringComparison.Ordinal);

    public string Folder => _folder;

    public string Refs => Path.Combine(_folder, RefsFolder);

    public string Snapshots => Path.Combine(_folder, SnapshotFolder.Parent);

    public string Snapshot(string commit) => Path.Combine(_folder, SnapshotFolder.Parent, commit);

    public string Blob(BlobHash hash) => Path.Combine(_folder, BlobsFolder, hash.Text);

    public string PartOf(BlobHash hash) => Blob(hash) + PartExtension;

    public string Lock(BlobHash hash) => Path.Combine(_locks, hash.Text + ".lock");

    /// <summary>Whether a file is there with its content: a link to a blob that is gone does not count.</summary>
    public bool Has(string commit, string file) => CacheFile.Exists(Path.Combine(Snapshot(commit), file));

    public string Blobs => Path.Combine(_folder, BlobsFolder);

    /// <summary>Removes a file of the commit and its blob.</summary>
    public void Remove(string commit, string file)
    {
        var path = Path.Combine(Snapshot(commit), file);
        Guard(path, () =>
        {
            // Only what the link leads to inside of this model's blobs is the cache's own.
            if (File.ResolveLinkTarget(path, returnFinalTarget: false) is { } target
                && Path.GetFullPath(Path.GetDirectoryName(target.FullName)!) == Path.GetFullPath(Blobs))
            {
                File.Delete(target.FullName);
            }

            File.Delete(path);
        });
    }

    /// <summary>The commit that a revision stood for when it was last asked for; null where it never was.</summary>
    public string? FindCommit(HubModelId model)
    {
        if (model.IsCommit)
            return Directory.Exists(Snapshot(model.Revision)) ? model.Revision : null;

        var path = RefPath(model.Revision);
        try
        {
            var commit = File.Exists(path) ? File.ReadAllText(path).Trim() : "";
            return SnapshotFolder.IsCommitHash(commit) && Directory.Exists(Snapshot(commit)) ? commit : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw HubErrors.CacheUnusable(path, exception);
        }
    }

    public void Remember(HubModelId model, string commit)
    {
        if (model.IsCommit)
            return;

        var path = RefPath(model.Revision);
        Guard(path, () =>
        {
            if (File.Exists(path) && File.ReadAllText(path).Trim() == commit)
                return;
            MakeVisible(path, temporary => File.WriteAllText(temporary, commit));
        });
    }

    /// <summary>
    /// Makes a complete blob visible as a file of the commit: by a relative link, so that the cache may be moved, or by
    /// a copy where the system has no links.
    /// </summary>
    public void Link(string commit, HubFile file)
    {
        var path = Path.Combine(Snapshot(commit), file.Name);
        Guard(path, () =>
        {
            var blob = Blob(file.Hash);
            var target = Path.GetRelativePath(Path.GetDirectoryName(path)!, blob);
            MakeVisible(path, temporary =>
            {
                if (!TryLink(temporary, target))
                    File.Copy(blob, temporary, overwrite: true);
            });
        });
    }

    /// <summary>Turns errors of the disk into words about the cache.</summary>
    private static void Guard(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw HubErrors.CacheUnusable(path, exception);
        }
    }

    /// <summary>A file appears whole or not at all, whatever another process does at the same time.</summary>
    private static void MakeVisible(string path, Action<string> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            write(temporary);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static bool TryLink(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return false;
        }
    }

    private string RefPath(string revision) => Path.Combine([_folder, RefsFolder, .. revision.Split('/')]);
}
