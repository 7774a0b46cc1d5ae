using System.Security.Cryptography;
using System.Text;
using ClipGrpc.Models.Files;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Checkpoints;

/// <summary>What a checkpoint's content is called.</summary>
internal static class CheckpointRevision
{
    private const int ShownDigits = 12;
    private const int CommitLength = 40;
    private const int BufferLength = 1 << 20;

    /// <summary>Smaller ones are hashed in a fraction of a second.</summary>
    private const long MemoMinimum = 64 << 20;

    /// <summary>
    /// The commit where the folder is a snapshot in a Hub cache (<c>snapshots/COMMIT</c>), or else the first 12 hex
    /// digits of a SHA-256 over the files' names, lengths and contents. That reads all of the weights; reading them
    /// as a stream keeps them out of this process's resident memory.
    /// </summary>
    /// <param name="folder">Of the checkpoint.</param>
    /// <param name="files">Names of the files that decide on the results.</param>
    public static string Of(string folder, IEnumerable<string> files) =>
        Of(folder, files, CacheFolder.Locate(), MemoMinimum);

    /// <param name="folder">Of the checkpoint.</param>
    /// <param name="files">Names of the files that decide on the results.</param>
    /// <param name="cache">Where hashes are remembered; null: nowhere.</param>
    /// <param name="memoMinimum">Bytes of the smallest files to remember.</param>
    public static string Of(string folder, IEnumerable<string> files, string? cache, long memoMinimum)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var name = Path.GetFileName(path);
        var isCommit = name.Length == CommitLength && name.All(char.IsAsciiHexDigit);
        if (isCommit && Path.GetFileName(Path.GetDirectoryName(path)) == "snapshots")
            return name;

        var ordered = files.Order(StringComparer.Ordinal).ToList();
        var paths = ordered.Select(file => Path.Combine(folder, file)).ToList();
        try
        {
            return cache is not null && paths.Sum(Length) >= memoMinimum
                ? RevisionMemo.Get(cache, paths, ShownDigits, () => Compute(folder, ordered))
                : Compute(folder, ordered);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Invalid(name, "a file of the model cannot be read.", exception);
        }
    }

    private static long Length(string path)
    {
        using var file = File.OpenHandle(path, share: FileShare.Read | FileShare.Delete);
        return RandomAccess.GetLength(file);
    }

    private static string Compute(string folder, IEnumerable<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
            Append(hash, folder, file);
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..ShownDigits];
    }

    private static void Append(IncrementalHash hash, string folder, string file)
    {
        try
        {
            using var stream = new FileStream(
                Path.Combine(folder, file),
                FileMode.Open,
                FileAccess.Read,
                FileShare.Read | FileShare.Delete,
                1,
                FileOptions.SequentialScan);
            hash.AppendData(Encoding.UTF8.GetBytes($"{file}\n{stream.Length}\n"));
            var buffer = GC.AllocateUninitializedArray<byte>(BufferLength);
            for (var read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
                hash.AppendData(buffer, 0, read);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Invalid(file, "the file cannot be read.", exception);
        }
    }
}
