namespace ClipGrpc.Models.Hub;

/// <summary>
/// Files of a snapshot, usually links. <see cref="File.Exists(string)"/> is also true for a dangling link.
/// </summary>
internal static class CacheFile
{
    public static bool Exists(string path)
    {
        try
        {
            return File.Exists(path) && (File.ResolveLinkTarget(path, returnFinalTarget: true)?.Exists ?? true);
        }
        catch (IOException)
        {
            // Links in a circle, or gone in this moment.
            return false;
        }
    }

    /// <summary>Of the content that a file or link leads to, in bytes.</summary>
    public static long Length(string path) =>
        new FileInfo(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path).Length;

    /// <summary>Paths of all files in a folder and below, links to nothing included.</summary>
    public static IEnumerable<string> In(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
}
