namespace ClipGrpc.Tests.Text;

/// <summary>Files that lie beside the project or come with it, found by walking up from the test assembly.</summary>
internal static class SharedFiles
{
    /// <summary>Skips the test where there is no such file or folder.</summary>
    public static string FindOrSkip(params string[] parts)
    {
        string relative = Path.Combine(parts);
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, relative);
            if (Path.Exists(path))
                return path;
        }

        Assert.Skip($"{relative} is not here.");
        return "";
    }
}
