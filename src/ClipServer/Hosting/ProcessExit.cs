namespace ClipGrpc.Server.Hosting;

/// <summary>The exit code that the process will have: that of the first thing that went wrong.</summary>
internal sealed class ProcessExit
{
    private int _code = ExitCodes.Success;

    public int Code => Volatile.Read(ref _code);

    public void Set(int code) => Interlocked.CompareExchange(ref _code, code, ExitCodes.Success);
}
