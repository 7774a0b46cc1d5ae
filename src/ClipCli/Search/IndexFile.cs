using System.Security.Cryptography;
using System.Text;
using ClipGrpc.Models.Files;

namespace ClipGrpc.Cli.Search;

/// <summary>Where the embeddings of a folder are kept.</summary>
internal static class IndexFile
{
    private const string Folder = "search";

    /// <summary>
    /// A file in the user's cache for this folder and this model: another revision of the model has another one.
    /// </summary>
    /// <param name="folder">The folder of images.</param>
    /// <param name="identity">The model's revision and precision.</param>
    /// <param name="cache">The user's cache; null: nothing may be kept there.</param>
    /// <exception cref="CliException">There is no cache, or it cannot be made.</exception>
    public static string InCache(string folder, string identity, string? cache)
    {
        if (cache is null)
        {
            throw CliException.WrongUse(
                $"--index: specify a file for the embeddings; the cache folder is disabled ({CacheFolder.Variable}).");
        }

        try
        {
            var path = CacheFolder.Create(cache, Folder);
            return Path.Combine(path, $"{Hash(Path.GetFullPath(folder))}-{Hash(identity)}.embeddings");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.WrongUse(
                $"--index: the cache folder {cache} cannot be used: {exception.Message} Name a file for the "
                + "embeddings.",
                exception);
        }
    }

    private static string Hash(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(Path.TrimEndingDirectorySeparator(text));
        return Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
    }
}
