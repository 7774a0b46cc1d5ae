using Microsoft.Extensions.FileSystemGlobbing.Abstractions;

namespace ClipGrpc.Cli.Inputs;

/// <summary>A folder without its links to other folders, which Matcher would follow in circles.</summary>
internal sealed class GlobFolder(DirectoryInfo folder) : DirectoryInfoWrapper(folder)
{
    public override IEnumerable<FileSystemInfoBase> EnumerateFileSystemInfos()
    {
        foreach (var info in new DirectoryInfo(FullName).EnumerateFileSystemInfos())
        {
            if (info is FileInfo file)
                yield return new FileInfoWrapper(file);
            else if (info.LinkTarget is null)
                yield return new GlobFolder((DirectoryInfo)info);
        }
    }
}
