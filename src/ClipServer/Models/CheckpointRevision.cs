using System.Security.Cryptography;
using System.Text;
using static ClipGrpc.Server.Models.CheckpointErrors;

namespace ClipGrpc.Server.Models;

/// <summary>What a checkpoint's content is called.</summary>
internal static class CheckpointRevision
{
    private const int ShownDigits = 12;
    private const int CommitLength = 40;
    private const int BufferLength = 1 << 20;

    /// <summary>
    /// The commit where the folder is a snapshot in a Hub cache (<c>snapshots/COMMIT</c>), or else the first 12 hex
    /// digits of a SHA-256 over the files' names, lengths and contents. That reads all of the weights; reading them
    /// as a stream keeps them out of this process's resident memory.
    /// </summary>
    /// <param name="folder">Of the checkpoint.</param>
    /// <param name="files">Names of the files that decide on the results.</param>
    public static string Of(string folder, IEnumerable<string> files)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var name = Path.GetFileName(path);
        var isCommit = name.Length == CommitLength && name.All(char.IsAsciiHexDigit);
        if (isCommit && Path.GetFileName(Path.GetDirectoryName(path)) == "snapshots")
            return name;

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files.Order(StringComparer.Ordinal))
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
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Invalid(file, "the file cannot be read.", error);
        }
    }
}
