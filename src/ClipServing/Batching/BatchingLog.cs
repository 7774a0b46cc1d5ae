namespace ClipGrpc.Serving.Batching;

/// <summary>Log lines of the device: events 400 to 499.</summary>
internal static partial class BatchingLog
{
    [LoggerMessage(400, LogLevel.Error,
        "A batch of {Size} items failed in queue {Queue} (consecutive failures: {Failures}).")]
    public static partial void BatchFailed(
        this ILogger logger, Exception exception, string queue, int size, int failures);

    [LoggerMessage(401, LogLevel.Information, "Queue {Queue} has replaced its failed encoder.")]
    public static partial void EncoderReplaced(this ILogger logger, string queue);

    [LoggerMessage(402, LogLevel.Critical,
        "Queue {Queue} has failed and accepts no items until its model is loaded again.")]
    public static partial void QueueFaulted(this ILogger logger, Exception exception, string queue);

    [LoggerMessage(403, LogLevel.Warning, "An encoder of queue {Queue} failed to release its resources.")]
    public static partial void EncoderDisposeFailed(this ILogger logger, Exception exception, string queue);

    [LoggerMessage(404, LogLevel.Warning,
        "Queue {Queue} did not drain within {Timeout}; {Count} items failed with UNAVAILABLE.")]
    public static partial void DrainTimedOut(this ILogger logger, string queue, TimeSpan timeout, int count);

    [LoggerMessage(405, LogLevel.Warning,
        "A worker of device {Device} is still running a batch and is abandoned.")]
    public static partial void WorkerStuck(this ILogger logger, string device);

    [LoggerMessage(406, LogLevel.Warning,
        "An encoder of queue {Queue} is still in use; its model's weights remain in memory until the process exits.")]
    public static partial void EncoderLeft(this ILogger logger, string queue);

    [LoggerMessage(407, LogLevel.Debug, "Queue {Queue} ran a warm-up batch of {Size} in {Seconds:F3} s.")]
    public static partial void WarmedUp(this ILogger logger, string queue, int size, double seconds);

    [LoggerMessage(408, LogLevel.Error,
        "A batch of queue {Queue} has been running for {Seconds:F0} s and is stuck; the queue has failed.")]
    public static partial void BatchStuck(this ILogger logger, string queue, double seconds);

    [LoggerMessage(409, LogLevel.Warning,
        "The device of queue {Queue} has failed ({Fault}); restart attempt {Attempt} of {Attempts} in {Delay}.")]
    public static partial void QueueRestarting(
        this ILogger logger, string queue, EncoderFault fault, int attempt, int attempts, TimeSpan delay);

    [LoggerMessage(410, LogLevel.Warning,
        "Queue {Queue} ran the {Size} items of a failed batch one by one: {Failed} failed because of their inputs.")]
    public static partial void ItemsRunAlone(this ILogger logger, string queue, int size, int failed);

    [LoggerMessage(411, LogLevel.Warning, "Queue {Queue} could not be restarted.")]
    public static partial void RestartFailed(this ILogger logger, Exception exception, string queue);
}
