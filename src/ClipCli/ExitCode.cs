namespace ClipGrpc.Cli;

internal static class ExitCode
{
    /// <summary>All items succeeded.</summary>
    public const int Success = 0;

    /// <summary>Some items failed, or the server could not be asked.</summary>
    public const int Failure = 1;

    /// <summary>The command was used wrongly.</summary>
    public const int WrongUse = 2;
}
