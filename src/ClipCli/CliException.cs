namespace ClipGrpc.Cli;

/// <summary>Ends a command with one line on stderr.</summary>
internal sealed class CliException(int exitCode, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public int ExitCode { get; } = exitCode;

    public static CliException WrongUse(string message, Exception? cause = null) =>
        new(Cli.ExitCode.WrongUse, message, cause);
}
