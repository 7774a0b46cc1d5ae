namespace ClipGrpc.Client.Internal;

/// <summary>The deadline of a call and of all that belongs to it.</summary>
/// <param name="At">Null means none.</param>
internal readonly record struct CallDeadline(DateTime? At, TimeProvider Clock)
{
    // A deadline travels in whole milliseconds, and the server's timer and ours are not of one clock: it may end a call
    // a little before the deadline has passed here.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(int.MaxValue);

    public bool HasPassed => At is { } at && at - Clock.GetUtcNow().UtcDateTime <= Tolerance;

    public static CallDeadline After(TimeSpan timeout, TimeProvider clock)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
            return new CallDeadline(null, clock);

        var now = clock.GetUtcNow().UtcDateTime;
        return new CallDeadline(timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue, clock);
    }

    /// <summary>Waits for something that may take longer than the deadline allows.</summary>
    /// <exception cref="ClipClientException">DEADLINE_EXCEEDED: it passed meanwhile.</exception>
    public async Task<T> BoundAsync<T>(Func<CancellationToken, Task<T>> wait, CancellationToken cancellationToken)
    {
        var left = At is { } at ? at - Clock.GetUtcNow().UtcDateTime : LongestTimer;
        if (left <= TimeSpan.Zero)
            throw ClipClientException.DeadlinePassed(null);

        using var timer = new CancellationTokenSource(left < LongestTimer ? left : LongestTimer, Clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await wait(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw ClipClientException.DeadlinePassed(exception);
        }
    }
}
