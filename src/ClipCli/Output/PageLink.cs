namespace ClipGrpc.Cli.Output;

/// <summary>The address of a file in a page.</summary>
internal static class PageLink
{
    /// <summary>Relative where it can be, so that the page and the file can be moved together.</summary>
    public static string Of(string file, string page)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(page))!;
        var relative = Path.GetRelativePath(folder, Path.GetFullPath(file));
        return Path.IsPathRooted(relative)
            ? new Uri(relative).AbsoluteUri
            : string.Join('/', relative.Split(Path.DirectorySeparatorChar).Select(Uri.EscapeDataString));
    }
}
