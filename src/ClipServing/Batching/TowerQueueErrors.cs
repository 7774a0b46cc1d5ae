using System.Globalization;

namespace ClipGrpc.Serving.Batching;

/// <summary>What a queue tells its callers when it does not answer with a result.</summary>
internal sealed class TowerQueueErrors(string queue)
{
    /// <summary>The hint of a full queue before the first measured batch: the usual first backoff.</summary>
    private static readonly TimeSpan UnmeasuredRetry = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LeastRetry = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);

    public ClipException QueueFull(int capacity, double drainSeconds) => Overloaded(
        ClipErrorReason.QueueFull,
        string.Create(CultureInfo.InvariantCulture, $"its queue of {capacity} items is full"),
        drainSeconds,
        capacity);

    public ClipException CallerShareUsed(int positions, double drainSeconds) => Overloaded(
        ClipErrorReason.CallerShareUsed,
        string.Create(
            CultureInfo.InvariantCulture,
            $"this caller has {positions} items in its queue, which is the share of one caller "
            + $"(Clip:Batching:MaxCallerShare)"),
        drainSeconds,
        positions);

    public ClipException DeadlineCannotBeMet(double drainSeconds) =>
        Overloaded(ClipErrorReason.DeadlineUnreachable, "the deadline cannot be met", drainSeconds);

    /// <summary>Nothing else is in the way: a retry would end in the same way.</summary>
    public ClipException DeadlineTooShort(double neededSeconds, double leftSeconds) => new(
        ClipErrorReason.DeadlineTooShort,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{queue} needs about {Math.Ceiling(1000 * neededSeconds)} ms for this call, and its deadline is in "
            + $"{Math.Floor(1000 * leftSeconds)} ms. Use a longer deadline, or send fewer items per call."))
    {
        Metadata = ErrorMetadata.Of(ErrorMetadata.Queue, queue),
    };

    public ClipException DeadlinePassed() =>
        new(ClipErrorReason.DeadlinePassed, $"The deadline passed before {queue} came to this item; it was not run.");

    public ClipException Expired() => new(
        ClipErrorReason.DeadlinePassed,
        $"{queue} did not come to this item within the default deadline of calls without one "
        + "(Clip:Limits:DefaultDeadline); it was not run.");

    public ClipException Unavailable(QueueState state) => new(
        state == QueueState.Faulted ? ClipErrorReason.ModelFailed : ClipErrorReason.ModelUnloading,
        state == QueueState.Faulted
            ? $"{queue} has failed and is not served."
            : $"{queue} is being unloaded or stopped.");

    public ClipException BatchFailed() =>
        new(ClipErrorReason.ModelRunFailed, $"The model runtime failed while {queue} ran this item.");

    public ClipException DeviceFailed() => new(
        ClipErrorReason.ModelRestarting,
        $"The device of {queue} ran out of memory or was lost; the model is being restarted.");

    public ClipException Stuck() => new(
        ClipErrorReason.ModelFailed, $"{queue} does not respond; it is not served until the server is restarted.");

    /// <summary>Only this item's: its neighbors in the batch may be sound.</summary>
    public ClipException NotFinite() =>
        new(ClipErrorReason.EmbeddingNotFinite, $"{queue} computed an embedding of numbers that are not finite.")
        {
            IsItemError = true,
        };

    public ClipException WarmUpNotFinite() => new(
        ClipErrorReason.InvalidModel,
        $"{queue} computes numbers that are not finite (NaN or infinity): the weights are damaged, or overflow in this "
        + "precision. Compare the files with the original, or try another precision.");

    private ClipException Overloaded(
        ClipErrorReason reason, string why, double drainSeconds, int? limit = null)
    {
        var retry = drainSeconds <= 0 ? UnmeasuredRetry
            : drainSeconds >= LongestRetry.TotalSeconds ? LongestRetry
            : TimeSpan.FromSeconds(Math.Max(drainSeconds, LeastRetry.TotalSeconds));
        var message = string.Create(
            CultureInfo.InvariantCulture,
            $"{queue} has too much work: {why}. Try again in {Math.Ceiling(retry.TotalMilliseconds)} ms.");
        var metadata = new Dictionary<string, string> { [ErrorMetadata.Queue] = queue };
        if (limit is { } most)
            metadata[ErrorMetadata.Limit] = ErrorMetadata.ToText(most);
        return new ClipException(reason, message) { RetryAfter = retry, Metadata = metadata };
    }
}
