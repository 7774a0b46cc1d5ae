using Grpc.Core;

namespace ClipGrpc.Server.Rpc;

/// <summary>Log lines of calls: events 300 and 302.</summary>
internal static partial class RpcLog
{
    private const int MaxDetailLength = 200;

    [LoggerMessage(300, LogLevel.Error, "{Rpc} failed with an internal error (request {RequestId}).")]
    public static partial void CallFailed(
        this ILogger logger, Exception? exception, string rpc, string requestId);

    /// <summary>A request that was rejected before its message was parsed. Debug, because callers can send any number
    /// of these.</summary>
    public static void CallRefused(this ILogger logger, string rpc, Status status, string requestId) =>
        logger.CallRefused(rpc, status.StatusCode, Excerpt.Of(status.Detail, MaxDetailLength), requestId);

    [LoggerMessage(302, LogLevel.Debug, "{Rpc} rejected the request {RequestId} with {Status}: {Detail}")]
    private static partial void CallRefused(
        this ILogger logger, string rpc, StatusCode status, string detail, string requestId);
}
