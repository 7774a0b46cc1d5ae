using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ClipGrpc.Models.Files;

namespace ClipGrpc.Models.Checkpoints;

/// <summary>
/// Remembers the hash of files in the cache folder, so that a second start need not read all of them for it. Files
/// count as the same while path, length and time of the last change are the same.
/// </summary>
internal static class RevisionMemo
{
    /// <param name="cache">The cache folder.</param>
    /// <param name="paths">The files.</param>
    /// <param name="length">Of the hash, in hex digits.</param>
    /// <param name="compute">The hash, where it is not known.</param>
    public static string Get(string cache, IEnumerable<string> paths, int length, Func<string> compute)
    {
        var name = Fingerprint(paths);
        if (TryRead(Path.Combine(cache, "revisions", name), length) is { } known)
            return known;

        var computed = compute();
        TryWrite(cache, name, computed);
        return computed;
    }

    private static string Fingerprint(IEnumerable<string> paths)
    {
        var text = new StringBuilder();
        foreach (var path in paths)
        {
            using var file = File.OpenHandle(path, share: FileShare.Read | FileShare.Delete);
            text.Append(CultureInfo.InvariantCulture, $"{Path.GetFullPath(path)}\n{RandomAccess.GetLength(file)}\n");
            text.Append(CultureInfo.InvariantCulture, $"{File.GetLastWriteTimeUtc(file).Ticks}\n");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static string? TryRead(string path, int length)
    {
        try
        {
            // One byte more than it may have tells a longer file.
            Span<byte> bytes = stackalloc byte[length + 1];
            using var file = File.OpenHandle(path);
            var text = Encoding.ASCII.GetString(bytes[..RandomAccess.Read(file, bytes, 0)]);
            return text.Length == length && text.All(char.IsAsciiHexDigitLower) ? text : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Not known, or not to be read: then it is computed.
            return null;
        }
    }

    private static void TryWrite(string cache, string name, string revision)
    {
        try
        {
            var path = Path.Combine(CacheFolder.Create(cache, "revisions"), name);
            var temporary = $"{path}.{Path.GetRandomFileName()}";
            File.WriteAllText(temporary, revision);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without a cache folder every start computes it: slower, not wrong.
        }
    }
}
