namespace ClipGrpc.Models.Files;

/// <summary>
/// The names of folders in the Hub cache, which tell what model a folder holds:
/// <c>models--org--name/snapshots/COMMIT</c>.
/// </summary>
internal static class SnapshotFolder
{
    public const string ModelPrefix = "models--";
    public const string Parent = "snapshots";
    public const int CommitLength = 40;

    /// <summary>The id of the model whose snapshot a folder is; null where it is none.</summary>
    public static string? FindModelId(string folder)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (!IsCommitHash(Path.GetFileName(path))
            || Path.GetDirectoryName(path) is not { } snapshots || Path.GetFileName(snapshots) != Parent)
        {
            return null;
        }

        var name = Path.GetFileName(Path.GetDirectoryName(snapshots)) ?? "";
        return name.StartsWith(ModelPrefix, StringComparison.Ordinal) ? ToId(name) : null;
    }

    /// <summary>The model's id from the name of its folder.</summary>
    public static string ToId(string modelFolderName) =>
        modelFolderName[ModelPrefix.Length..].Replace("--", "/", StringComparison.Ordinal);

    public static bool IsCommitHash(string text) =>
        text.Length == CommitLength && text.All(char.IsAsciiHexDigitLower);
}
