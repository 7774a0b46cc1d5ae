namespace ClipGrpc.Serving.Batching;

/// <summary>Log lines of the device: events 400 to 499.</summary>
internal static partial class BatchingLog
{
    [LoggerMessage(400, LogLevel.Error,
        "A batch of {Size} failed in lane {Lane}; this is failure {Failures} in a row.")]
    public static partial void BatchFailed(
        this ILogger logger, Exception exception, string lane, int size, int failures);

    [LoggerMessage(401, LogLevel.Information, "Lane {Lane} has a new encoder in place of the one that failed.")]
    public static partial void EncoderReplaced(this ILogger logger, string lane);

    [LoggerMessage(402, LogLevel.Critical, "Lane {Lane} has failed and serves no more until it is loaded again.")]
    public static partial void LaneFaulted(this ILogger logger, Exception exception, string lane);

    [LoggerMessage(403, LogLevel.Warning, "An encoder of lane {Lane} failed while it was being freed.")]
    public static partial void EncoderDisposeFailed(this ILogger logger, Exception exception, string lane);

    [LoggerMessage(404, LogLevel.Warning,
        "Lane {Lane} did not finish within {Timeout}; the {Count} entries left were answered as unavailable.")]
    public static partial void DrainTimedOut(this ILogger logger, string lane, TimeSpan timeout, int count);

    [LoggerMessage(405, LogLevel.Warning, "A worker of device {Device} is still running a batch; it is left behind.")]
    public static partial void WorkerStuck(this ILogger logger, string device);

    [LoggerMessage(406, LogLevel.Warning,
        "An encoder of lane {Lane} is still in use; its model's weights stay in memory until the process ends.")]
    public static partial void EncoderLeft(this ILogger logger, string lane);

    [LoggerMessage(407, LogLevel.Debug, "Lane {Lane} ran a warm-up batch of {Size} in {Seconds:F3} s.")]
    public static partial void WarmedUp(this ILogger logger, string lane, int size, double seconds);
}
