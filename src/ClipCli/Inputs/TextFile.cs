namespace ClipGrpc.Cli.Inputs;

internal static class TextFile
{
    /// <summary>The lines of a UTF-8 file that are not blank.</summary>
    public static IReadOnlyList<string> ReadLines(string path, string option)
    {
        try
        {
            return [.. File.ReadLines(path).Where(line => !string.IsNullOrWhiteSpace(line))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CliException.WrongUse($"{option}: {path} cannot be read: {exception.Message}", exception);
        }
    }
}
