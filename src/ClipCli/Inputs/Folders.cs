namespace ClipGrpc.Cli.Inputs;

internal static class Folders
{
    /// <summary>The folders in a folder, sorted; links are left out, for they may lead in circles.</summary>
    public static IEnumerable<string> ChildrenOf(string folder) => new DirectoryInfo(folder)
        .EnumerateDirectories()
        .Where(child => child.LinkTarget is null)
        .Select(child => Path.Combine(folder, child.Name))
        .Order(StringComparer.Ordinal);
}
