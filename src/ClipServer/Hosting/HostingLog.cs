namespace ClipGrpc.Server.Hosting;

/// <summary>Log lines of the process: events 100 to 199.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(100, LogLevel.Information, "ClipGrpc {Version} is starting.")]
    public static partial void Starting(this ILogger logger, string version);

    [LoggerMessage(101, LogLevel.Information, "gRPC listens on {GrpcAddress}, metrics and probes on {HttpAddress}.")]
    public static partial void Listening(this ILogger logger, string grpcAddress, string httpAddress);

    [LoggerMessage(102, LogLevel.Information,
        "The server is ready with {ModelCount} models: gRPC on {GrpcAddress}, metrics and probes on {HttpAddress}.")]
    public static partial void Ready(this ILogger logger, int modelCount, string grpcAddress, string httpAddress);

    [LoggerMessage(103, LogLevel.Information,
        "The server is stopping: it takes calls for another {DrainDelay}, "
        + "then lets those it has end within {ShutdownTimeout}.")]
    public static partial void Draining(this ILogger logger, TimeSpan drainDelay, TimeSpan shutdownTimeout);

    [LoggerMessage(104, LogLevel.Information, "The server has stopped.")]
    public static partial void Stopped(this ILogger logger);

    [LoggerMessage(105, LogLevel.Warning,
        "The server listens on {Host}, which other machines may reach. "
        + "Traffic is not encrypted and callers are not asked who they are.")]
    public static partial void ListensBeyondLoopback(this ILogger logger, string host);

    [LoggerMessage(
        106, LogLevel.Warning, "Streams are still open when the time for stopping is over; they are cut off.")]
    public static partial void StreamsLeft(this ILogger logger);
}
