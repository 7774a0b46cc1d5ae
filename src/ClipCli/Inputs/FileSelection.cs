namespace ClipGrpc.Cli.Inputs;

/// <summary>Which files of a folder are inputs.</summary>
internal sealed record FileSelection
{
    /// <summary>Whether files and folders whose name begins with a dot are.</summary>
    public bool IncludeHidden { get; init; }

    /// <summary>Gets what is left out.</summary>
    public Action<string, SkipReason> OnSkipped { get; init; } = (_, _) => { };

    public static bool IsHidden(FileSystemInfo info) =>
        info.Name.StartsWith('.') || OperatingSystem.IsWindows() && info.Attributes.HasFlag(FileAttributes.Hidden);

    /// <summary>Whether it is; what is not is reported.</summary>
    public bool Includes(FileSystemInfo info, string path)
    {
        if (!IncludeHidden && IsHidden(info))
        {
            OnSkipped(path, SkipReason.Hidden);
            return false;
        }

        // They may lead in circles.
        if (info is DirectoryInfo { LinkTarget: not null })
        {
            OnSkipped(path, SkipReason.LinkedFolder);
            return false;
        }

        return true;
    }

    /// <summary>Whether a file is an image by its name or, where that does not say so, by its first bytes.</summary>
    public bool IsImage(string path)
    {
        if (ImageSignature.HasExtension(path))
            return true;

        try
        {
            if (ImageSignature.IsInFile(path))
                return true;
            OnSkipped(path, SkipReason.NotAnImage);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            OnSkipped(path, SkipReason.Unreadable);
        }

        return false;
    }
}
