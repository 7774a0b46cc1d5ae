namespace ClipGrpc.Client.Internal;

/// <summary>The deadline of a call and of the further calls that it leads to.</summary>
/// <param name="At">Null means none.</param>
internal readonly record struct CallDeadline(DateTime? At, TimeProvider Clock)
{
    // The deadline is sent in whole milliseconds and the server has its own timer, so the server may end a call
    // slightly before the deadline has passed here.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(int.MaxValue);

    private readonly ServerNames? _servers;

    /// <summary>For the error: the whole time, the option that sets it, and the servers.</summary>
    public TimeSpan Timeout { get; private init; }

    public string? Option { get; private init; }

    public ServerNames Servers => _servers ?? ServerNames.Unknown;

    public bool HasPassed => At is { } at && at - Clock.GetUtcNow().UtcDateTime <= Tolerance;

    /// <summary>The time until the deadline; <see cref="TimeSpan.MaxValue"/> without one.</summary>
    public TimeSpan Left => At is { } at ? at - Clock.GetUtcNow().UtcDateTime : TimeSpan.MaxValue;

    public static CallDeadline After(
        TimeSpan timeout, TimeProvider clock, ServerNames? servers = null, string? option = null)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        DateTime? at = timeout == System.Threading.Timeout.InfiniteTimeSpan ? null
            : timeout < DateTime.MaxValue - now ? now + timeout
            : DateTime.MaxValue;
        return new CallDeadline(at, clock, servers) { Timeout = timeout, Option = option };
    }

    private CallDeadline(DateTime? at, TimeProvider clock, ServerNames? servers)
        : this(at, clock) => _servers = servers;

    /// <summary>Waits until the deadline at most.</summary>
    /// <exception cref="ClipClientException">DEADLINE_EXCEEDED: the deadline passed.</exception>
    public async Task<T> BoundAsync<T>(Func<CancellationToken, Task<T>> wait, CancellationToken cancellationToken)
    {
        var left = Left;
        if (left <= TimeSpan.Zero)
            throw ClipClientException.DeadlinePassed(this, null);

        using var timer = Clock.CancelAfter(left < LongestTimer ? left : LongestTimer);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await wait(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw ClipClientException.DeadlinePassed(this, exception);
        }
    }
}
