namespace ClipGrpc.Server.Observability;

/// <summary>The server's log lines. 1xx: the process; 2xx: models; 3xx: calls; 4xx: the device, in BatchingLog.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(100, LogLevel.Information, "ClipGrpc {Version} is starting.")]
    public static partial void Starting(this ILogger logger, string version);

    [LoggerMessage(101, LogLevel.Information, "gRPC listens on {GrpcAddress}, metrics and probes on {HttpAddress}.")]
    public static partial void Listening(this ILogger logger, string grpcAddress, string httpAddress);

    [LoggerMessage(102, LogLevel.Information,
        "The server is ready with {ModelCount} models: gRPC on {GrpcAddress}, metrics and probes on {HttpAddress}.")]
    public static partial void Ready(this ILogger logger, int modelCount, string grpcAddress, string httpAddress);

    [LoggerMessage(103, LogLevel.Information,
        "The server is stopping: it takes calls for another {DrainDelay}, then lets those it has end within {ShutdownTimeout}.")]
    public static partial void Draining(this ILogger logger, TimeSpan drainDelay, TimeSpan shutdownTimeout);

    [LoggerMessage(104, LogLevel.Information, "The server has stopped.")]
    public static partial void Stopped(this ILogger logger);

    [LoggerMessage(105, LogLevel.Warning,
        "The server listens on {Host}, which other machines may reach. Traffic is not encrypted and callers are not asked who they are.")]
    public static partial void ListensBeyondLoopback(this ILogger logger, string host);

    [LoggerMessage(106, LogLevel.Warning, "Streams are still open when the time for stopping is over; they are cut off.")]
    public static partial void StreamsLeft(this ILogger logger);

    [LoggerMessage(200, LogLevel.Information, "Model {Model} is loading from {Source}.")]
    public static partial void ModelLoading(this ILogger logger, string model, string source);

    [LoggerMessage(201, LogLevel.Information,
        "Model {Model} is ready after {Seconds:F1} s: {Dimensions} dimensions, {Provider}, {Precision}, revision {Revision}.")]
    public static partial void ModelReady(
        this ILogger logger, string model, double seconds, int dimensions, string provider, string precision,
        string revision);

    [LoggerMessage(202, LogLevel.Error, "Model {Model} could not be loaded from {Source}: {Problem}")]
    public static partial void ModelRefused(this ILogger logger, string model, string source, string problem);

    [LoggerMessage(203, LogLevel.Error, "Model {Model} failed while it was being loaded from {Source}.")]
    public static partial void ModelFailed(this ILogger logger, Exception exception, string model, string source);

    [LoggerMessage(204, LogLevel.Information, "Model {Model} takes no more work and answers what it has accepted.")]
    public static partial void ModelDraining(this ILogger logger, string model);

    [LoggerMessage(205, LogLevel.Information, "Model {Model} is unloaded.")]
    public static partial void ModelUnloaded(this ILogger logger, string model);

    [LoggerMessage(206, LogLevel.Error, "Model {Model} has failed for good; only loading it anew or a new process helps.")]
    public static partial void ModelFailedForGood(this ILogger logger, string model);

    [LoggerMessage(207, LogLevel.Information,
        "Model {Model}: files {Files:F2} s, weights {Weights:F2} s, sessions {Sessions:F2} s, warm-up {WarmUp:F2} s.")]
    public static partial void ModelPhases(
        this ILogger logger, string model, double files, double weights, double sessions, double warmUp);

    [LoggerMessage(300, LogLevel.Error, "{Rpc} failed with an internal error.")]
    public static partial void CallFailed(this ILogger logger, Exception exception, string rpc);

    [LoggerMessage(301, LogLevel.Information, "{Rpc} was refused: the caller {Caller} may not use it.")]
    public static partial void AdminRefused(this ILogger logger, string rpc, string caller);
}
