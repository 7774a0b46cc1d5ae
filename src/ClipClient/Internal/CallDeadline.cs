namespace ClipGrpc.Client.Internal;

/// <summary>The deadline of a call and of the further calls that it leads to.</summary>
/// <param name="At">Null means none.</param>
internal readonly record struct CallDeadline(DateTime? At, TimeProvider Clock)
{
    // The deadline is sent in whole milliseconds and the server has its own timer, so the server may end a call
    // slightly before the deadline has passed here.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(int.MaxValue);

    public bool HasPassed => At is { } at && at - Clock.GetUtcNow().UtcDateTime <= Tolerance;

    /// <summary>The time until the deadline; <see cref="TimeSpan.MaxValue"/> without one.</summary>
    public TimeSpan Left => At is { } at ? at - Clock.GetUtcNow().UtcDateTime : TimeSpan.MaxValue;

    public static CallDeadline After(TimeSpan timeout, TimeProvider clock)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
            return new CallDeadline(null, clock);

        var now = clock.GetUtcNow().UtcDateTime;
        return new CallDeadline(timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue, clock);
    }

    /// <summary>Waits until the deadline at most.</summary>
    /// <exception cref="ClipClientException">DEADLINE_EXCEEDED: the deadline passed.</exception>
    public async Task<T> BoundAsync<T>(Func<CancellationToken, Task<T>> wait, CancellationToken cancellationToken)
    {
        var left = Left;
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
