namespace ClipGrpc.Models.Converted;

/// <summary>
/// The folder with the converted files, bounded in bytes: the least recently used are deleted first, and none that a
/// process uses. Beside each file lies a marker, <c>.used</c>, which users hold locked; its time is that of the last
/// use. The file's own times stay as they are, because a change of them would look like a change of the file.
/// </summary>
internal sealed class ConvertedFolder(string path, long maxBytes, TimeProvider time)
{
    private const string Extension = ".safetensors";
    private const string MarkerExtension = ".used";

    /// <summary>What a process that was killed left is not in use after this.</summary>
    private static readonly TimeSpan LongestWrite = TimeSpan.FromDays(1);

    public string PathOf(string name) => Path.Combine(path, name + Extension);

    /// <summary>Keeps a file from being removed until the result is disposed of.</summary>
    /// <exception cref="IOException">The marker cannot be made.</exception>
    public IDisposable Use(string name)
    {
        var marker = new FileStream(
            Path.Combine(path, name + MarkerExtension),
            FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, 1);
        File.SetLastWriteTimeUtc(marker.SafeFileHandle, time.GetUtcNow().UtcDateTime);
        return marker;
    }

    /// <summary>Makes room for a file of so many bytes.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public void MakeRoom(long bytes)
    {
        var files = new DirectoryInfo(path).GetFiles();
        foreach (var left in files.Where(IsLeft))
            left.Delete();

        var kept = files.Where(file => file.Extension == Extension).OrderBy(LastUse).ToList();
        var total = kept.Sum(file => file.Length) + bytes;
        foreach (var file in kept)
        {
            if (total <= maxBytes)
                return;
            var length = file.Length;
            if (TryRemove(file))
                total -= length;
        }
    }

    private bool IsLeft(FileInfo file) =>
        file.Extension is not (Extension or MarkerExtension) && file.LastWriteTimeUtc < time.GetUtcNow() - LongestWrite;

    private static DateTime LastUse(FileInfo file)
    {
        var marker = new FileInfo(Path.ChangeExtension(file.FullName, MarkerExtension));
        return marker.Exists ? marker.LastWriteTimeUtc : file.LastWriteTimeUtc;
    }

    private static bool TryRemove(FileInfo file)
    {
        try
        {
            using var marker = new FileStream(
                Path.ChangeExtension(file.FullName, MarkerExtension), FileMode.OpenOrCreate, FileAccess.ReadWrite,
                FileShare.None, 1, FileOptions.DeleteOnClose);
            file.Delete();
            return true;
        }
        catch (IOException)
        {
            // Some process uses it.
            return false;
        }
    }
}
