using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ClipGrpc.Models.Files;

/// <summary>
/// Stores the SHA-256 of files in the cache folder, so that a later start need not read the whole model to compute it.
/// The key is the file's stamp, which no tool can restore after a change (see <see cref="FileStamp"/>); where the
/// system keeps no change time, nothing is remembered.
/// </summary>
/// <param name="cache">The cache folder; null: nothing is remembered.</param>
/// <param name="minimum">Bytes of the smallest file that is worth it.</param>
internal sealed class DigestMemo(string? cache, TimeProvider time, long minimum = 4 << 20)
{
    private const string Folder = "digests";
    private const int DigestLength = 64;

    /// <summary>The digest of a file with this stamp; null where it is not known.</summary>
    public string? Find(FileStamp stamp)
    {
        if (cache is null || !stamp.HasChangeTime || stamp.Length < minimum)
            return null;

        try
        {
            // One byte more than it may have reveals a longer file.
            Span<byte> bytes = stackalloc byte[DigestLength + 1];
            using var file = File.OpenHandle(Path.Combine(cache, Folder, Key(stamp)));
            var text = Encoding.ASCII.GetString(bytes[..RandomAccess.Read(file, bytes, 0)]);
            return text.Length == DigestLength && text.All(char.IsAsciiHexDigitLower) ? text : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Not known, or not readable: then it is computed.
            return null;
        }
    }

    /// <summary>Remembers a digest, unless the file changed so recently that a further change may not show.</summary>
    public void Keep(FileStamp stamp, string digest)
    {
        if (cache is null || stamp.Length < minimum || !stamp.IsSettled(time.GetUtcNow()))
            return;

        try
        {
            var path = Path.Combine(CacheFolder.Create(cache, Folder), Key(stamp));
            var temporary = $"{path}.{Path.GetRandomFileName()}";
            File.WriteAllText(temporary, digest);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without a cache folder every start computes it: slower, not wrong.
        }
    }

    private static string Key(FileStamp stamp)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{stamp.Device} {stamp.Inode} {stamp.Length} {stamp.Modified} {stamp.Changed}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)));
    }
}
