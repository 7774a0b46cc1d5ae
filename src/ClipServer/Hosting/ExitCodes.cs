namespace ClipGrpc.Server.Hosting;

/// <summary>Exit codes of the server's process.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>It was asked rightly and failed: a port in use, a model that does not load.</summary>
    public const int Failure = 1;

    /// <summary>A flag or a setting is not valid.</summary>
    public const int WrongUse = 2;

    /// <summary>It was asked to stop, and calls were open after the shutdown timeout.</summary>
    public const int CallsLeft = 3;

    /// <summary>Models have failed for good.</summary>
    public const int ModelsFailed = 4;
}
