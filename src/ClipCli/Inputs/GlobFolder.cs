using Microsoft.Extensions.FileSystemGlobbing.Abstractions;

namespace ClipGrpc.Cli.Inputs;

/// <summary>
/// A folder without its links to other folders, which Matcher would follow in circles, and without what is hidden.
/// </summary>
internal sealed class GlobFolder(DirectoryInfo folder, bool includeHidden) : DirectoryInfoWrapper(folder)
{
    public override IEnumerable<FileSystemInfoBase> EnumerateFileSystemInfos()
    {
        foreach (var info in new DirectoryInfo(FullName).EnumerateFileSystemInfos())
        {
            if (!includeHidden && FileSelection.IsHidden(info))
                continue;
            if (info is FileInfo file)
                yield return new FileInfoWrapper(file);
            else if (info.LinkTarget is null)
                yield return new GlobFolder((DirectoryInfo)info, includeHidden);
        }
    }
}
