namespace ClipGrpc.Cli;

/// <summary>Finds programs that are installed.</summary>
internal static class ProgramPath
{
    private static string Extension => OperatingSystem.IsWindows() ? ".exe" : "";

    /// <summary>A program's file name on this system.</summary>
    public static string FileName(string name) => name + Extension;

    /// <param name="path">As of the variable PATH.</param>
    /// <returns>Null where there is none.</returns>
    public static string? Search(string name, string? path) => (path ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        // A program of the current folder is not to run because of a relative PATH.
        .Where(Path.IsPathFullyQualified)
        .Select(folder => Path.Combine(folder, FileName(name)))
        .FirstOrDefault(File.Exists);
}
