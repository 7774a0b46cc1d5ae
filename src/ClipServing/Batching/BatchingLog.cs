namespace ClipGrpc.Serving.Batching;

/// <summary>Log lines of the device: events 400 to 499.</summary>
internal static partial class BatchingLog
{
    [LoggerMessage(400, LogLevel.Error,
        "A batch of {Size} failed in queue {Lane}, failure {Failures} in a row.")]
    public static partial void BatchFailed(
        this ILogger logger, Exception exception, string lane, int size, int failures);

    [LoggerMessage(401, LogLevel.Information, "Queue {Lane} has replaced its failed encoder.")]
    public static partial void EncoderReplaced(this ILogger logger, string lane);

    [LoggerMessage(402, LogLevel.Critical,
        "Queue {Lane} has failed and does not serve until its model is loaded again.")]
    public static partial void LaneFaulted(this ILogger logger, Exception exception, string lane);

    [LoggerMessage(403, LogLevel.Warning, "An encoder of queue {Lane} failed to release its resources.")]
    public static partial void EncoderDisposeFailed(this ILogger logger, Exception exception, string lane);

    [LoggerMessage(404, LogLevel.Warning,
        "Queue {Lane} did not drain within {Timeout}; {Count} items were answered as unavailable.")]
    public static partial void DrainTimedOut(this ILogger logger, string lane, TimeSpan timeout, int count);

    [LoggerMessage(405, LogLevel.Warning,
        "A worker of device {Device} is still running a batch and is abandoned.")]
    public static partial void WorkerStuck(this ILogger logger, string device);

    [LoggerMessage(406, LogLevel.Warning,
        "An encoder of queue {Lane} is still in use; its model's weights stay in memory until the process ends.")]
    public static partial void EncoderLeft(this ILogger logger, string lane);

    [LoggerMessage(407, LogLevel.Debug, "Queue {Lane} ran a warm-up batch of {Size} in {Seconds:F3} s.")]
    public static partial void WarmedUp(this ILogger logger, string lane, int size, double seconds);
}
