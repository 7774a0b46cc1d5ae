namespace ClipGrpc.Server.Hosting;

/// <summary>Log lines of the process: events 100 to 199.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(100, LogLevel.Information, "ClipGrpc {Version} is starting.")]
    public static partial void Starting(this ILogger logger, string version);

    [LoggerMessage(101, LogLevel.Information, "Listening: gRPC on {GrpcAddress}, HTTP on {HttpAddress}.")]
    public static partial void Listening(this ILogger logger, string grpcAddress, string httpAddress);

    [LoggerMessage(102, LogLevel.Information,
        "Ready with {ModelCount} models: gRPC on {GrpcAddress}, HTTP on {HttpAddress}.")]
    public static partial void Ready(this ILogger logger, int modelCount, string grpcAddress, string httpAddress);

    [LoggerMessage(103, LogLevel.Information,
        "Shutting down: accepting calls for {DrainDelay}, then draining for up to {ShutdownTimeout}.")]
    public static partial void Draining(this ILogger logger, TimeSpan drainDelay, TimeSpan shutdownTimeout);

    [LoggerMessage(104, LogLevel.Information, "Stopped.")]
    public static partial void Stopped(this ILogger logger);

    [LoggerMessage(105, LogLevel.Warning,
        "The {Listeners} listener is reachable from other machines {Encryption} encryption; roles of callers without "
        + "credentials: {Roles}.")]
    public static partial void ListensBeyondLoopback(
        this ILogger logger, string listeners, string encryption, string roles);

    [LoggerMessage(
        106, LogLevel.Warning, "Aborting streams that are still open after the shutdown timeout.")]
    public static partial void StreamsLeft(this ILogger logger);

    [LoggerMessage(107, LogLevel.Warning,
        "{Count} calls are still open after the shutdown timeout of {ShutdownTimeout} and end with UNAVAILABLE.")]
    public static partial void CallsLeft(this ILogger logger, int count, TimeSpan shutdownTimeout);

    [LoggerMessage(108, LogLevel.Critical,
        "{Failed} of {Count} models have failed permanently; the server exits (Clip:Server:ExitOnFailure).")]
    public static partial void EndsForFailure(this ILogger logger, int failed, int count);

    [LoggerMessage(EventId = 110, Message = "{Count} more lines of event {Event} were suppressed.")]
    public static partial void LinesSuppressed(this ILogger logger, LogLevel level, int count, int @event);

    [LoggerMessage(109, LogLevel.Debug, "Memory after a burst: {Before} bytes, trimmed to {After}.")]
    public static partial void MemoryTrimmed(this ILogger logger, long before, long after);

    [LoggerMessage(111, LogLevel.Information,
        "Model {Model} runs in fp32 on cpu, and this processor has {Features}: {Flags} may be faster. "
        + "`clip bench {Source}` measures it on this machine.")]
    public static partial void FasterPrecision(
        this ILogger logger, string model, string features, string flags, string source);

    [LoggerMessage(112, LogLevel.Debug, "Provider {Provider} does not offer bf16 on cpu: {Reason}")]
    public static partial void ProviderNotFaster(this ILogger logger, string provider, string reason);
}
