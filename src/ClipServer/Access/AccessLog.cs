namespace ClipGrpc.Server.Access;

/// <summary>Log lines about who may do what: event 301.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(301, LogLevel.Information, "{Rpc} refused: the caller {Caller} is not authorized.")]
    public static partial void AdminRefused(this ILogger logger, string rpc, string caller);
}
