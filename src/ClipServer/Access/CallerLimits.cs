namespace ClipGrpc.Server.Access;

/// <summary>How much one caller may ask for: items per second and calls at once. Thread-safe.</summary>
/// <param name="rate">Null: any rate.</param>
/// <param name="concurrency">Calls and streams at once; null: any number.</param>
internal sealed class CallerLimits(TokenBucket? rate, int? concurrency)
{
    private static readonly TimeSpan ConcurrencyRetry = TimeSpan.FromMilliseconds(100);

    private int _active;

    /// <summary>Counts a call until <see cref="EndCall"/>.</summary>
    /// <exception cref="ClipException"><see cref="ClipErrorCode.Overloaded"/>.</exception>
    public void BeginCall()
    {
        if (Interlocked.Increment(ref _active) <= (concurrency ?? int.MaxValue))
            return;

        Interlocked.Decrement(ref _active);
        throw TooManyCalls(concurrency ?? int.MaxValue);
    }

    /// <summary>A caller has as many calls open as it may have.</summary>
    public static ClipException TooManyCalls(int limit) => new(
        ClipErrorReason.CallerCallLimit, $"The caller has {limit} open calls, its maximum.")
    {
        RetryAfter = ConcurrencyRetry,
        Metadata = ErrorMetadata.Of(ErrorMetadata.Limit, ErrorMetadata.ToText(limit)),
    };

    public void EndCall() => Interlocked.Decrement(ref _active);

    /// <exception cref="ClipException">
    /// <see cref="ClipErrorCode.Overloaded"/>: too many for now. <see cref="ClipErrorCode.InvalidInput"/>: too many for
    /// one call at any time.
    /// </exception>
    public void TakeItems(int count)
    {
        if (rate is null)
            return;
        if (count > rate.Burst)
        {
            throw new ClipException(
                ClipErrorReason.TooManyElements,
                $"The call has {count} items, but the caller's burst is {rate.Burst} items; send smaller "
                + "calls.")
            {
                Metadata = ErrorMetadata.OverLimit((long)rate.Burst, count),
            };
        }

        if (!rate.TryTake(count, out var retryAfter))
        {
            throw new ClipException(
                ClipErrorReason.RateLimited,
                $"The caller has reached its rate of {rate.PerSecond:0.###} items per second.")
            {
                RetryAfter = retryAfter,
                Metadata = ErrorMetadata.Of(ErrorMetadata.Limit, $"{rate.PerSecond:0.###}"),
            };
        }
    }
}
