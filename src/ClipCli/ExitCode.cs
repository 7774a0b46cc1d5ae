namespace ClipGrpc.Cli;

internal static class ExitCode
{
    /// <summary>All items succeeded.</summary>
    public const int Success = 0;

    /// <summary>Some items failed, the server could not be asked, or the output could not be written.</summary>
    public const int Failure = 1;

    /// <summary>The command was used wrongly.</summary>
    public const int WrongUse = 2;

    /// <summary>Ctrl+C (128 + SIGINT).</summary>
    public const int Interrupted = 130;

    /// <summary>The reader of standard output is gone; as a shell reports a program that SIGPIPE ended.</summary>
    public const int ClosedPipe = 141;

    /// <summary>128 + SIGTERM.</summary>
    public const int Terminated = 143;
}
