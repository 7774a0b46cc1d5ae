namespace ClipGrpc.Cli;

/// <summary>What is wrong with a file that a command line names for its output.</summary>
internal static class OutputFile
{
    /// <param name="option">The option that names it.</param>
    /// <param name="path">As the user wrote it.</param>
    /// <param name="cause">May name a temporary file beside it, which means nothing to the user.</param>
    public static CliException Unwritable(string option, string path, Exception cause) =>
        CliException.WrongUse($"{option}: {path} cannot be written: {Describe(path, cause)}", cause);

    private static string Describe(string path, Exception cause) => cause switch
    {
        DirectoryNotFoundException => $"there is no folder {Path.GetDirectoryName(Path.GetFullPath(path))}.",
        UnauthorizedAccessException when Directory.Exists(path) => "it is a folder.",
        UnauthorizedAccessException => "access is denied.",
        _ => cause.Message,
    };
}
