namespace ClipGrpc.Server.Access;

/// <summary>Log lines about who may do what, and how much: events 301 and 303.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(301, LogLevel.Information, "{Rpc} refused: the caller {Caller} is not authorized.")]
    public static partial void AdminRefused(this ILogger logger, string rpc, string caller);

    [LoggerMessage(303, LogLevel.Information,
        "Memory budget: {Budget} of {Available} bytes ({Messages} for messages, {Decoding} for decoding images), "
        + "at most {MaxConnections} connections.")]
    public static partial void MemoryDivided(
        this ILogger logger, long budget, long available, long messages, long decoding, int maxConnections);
}
