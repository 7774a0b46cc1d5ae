namespace ClipGrpc.Server.Rpc;

/// <summary>Log lines of calls: events 300.</summary>
internal static partial class RpcLog
{
    [LoggerMessage(300, LogLevel.Error, "{Rpc} failed with an internal error.")]
    public static partial void CallFailed(this ILogger logger, Exception exception, string rpc);
}
