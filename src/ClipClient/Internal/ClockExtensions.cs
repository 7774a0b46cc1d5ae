namespace ClipGrpc.Client.Internal;

internal static class ClockExtensions
{
    /// <summary>A source that cancels when the time has passed.</summary>
    public static CancellationTokenSource CancelAfter(this TimeProvider clock, TimeSpan delay) =>
#if NET
        new(delay, clock);
#else
        clock.CreateCancellationTokenSource(delay);
#endif
}
