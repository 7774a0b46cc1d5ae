namespace ClipGrpc.Server.Hosting;

/// <summary>The exit code that the process will have: that of the first thing that went wrong.</summary>
internal sealed class ProcessExit
{
    private int _code = ExitCodes.Success;

    public int Code => Volatile.Read(ref _code);

    /// <summary>What the operator reads last, on the error output; null: nothing.</summary>
    public string? Message { get; private set; }

    /// <summary>The server could not start.</summary>
    public void FailStart(string why)
    {
        Message = $"The server cannot start. {why}";
        Set(ExitCodes.Failure);
    }

    public void Set(int code) => Interlocked.CompareExchange(ref _code, code, ExitCodes.Success);
}
