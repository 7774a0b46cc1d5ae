namespace ClipGrpc.Models.Hub;

/// <summary>
/// Sends a request again while its failures are of the passing kind: after 1, 2, 4 … s (at most 30), each lengthened by
/// up to a half at random so that a fleet does not come back as one, or when the server says.
/// </summary>
internal sealed class HubRetry(TimeProvider time, Func<double> random)
{
    /// <summary>Tries without any progress before it is given up.</summary>
    public const int MaxTries = 6;

    /// <summary>A server that wants a longer pause is not waited for: the user should hear of it.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastPause = TimeSpan.FromSeconds(30);

    /// <param name="attempt">
    /// One try. It reports progress made before a failure by moving <paramref name="position"/>.
    /// </param>
    /// <param name="position">How far the work is; a try that moved it forward makes the count begin again.</param>
    /// <exception cref="HubTransientException">The last failure.</exception>
    public async Task<T> RunAsync<T>(
        string what, Func<CancellationToken, Task<T>> attempt, Func<long> position, int maxTries,
        IDownloadProgress progress, CancellationToken cancellationToken)
    {
        var failures = 0;
        var furthest = position();
        while (true)
        {
            try
            {
                return await attempt(cancellationToken);
            }
            catch (HubTransientException exception)
            {
                if (position() > furthest)
                    (furthest, failures) = (position(), 0);
                failures++;
                if (failures >= maxTries || exception.RetryAfter > LongestPause)
                    throw;

                var pause = exception.RetryAfter ?? Backoff(failures);
                // The pause has begun before anyone is told of it, so that a clock moved by whoever hears of it counts.
                var delay = Task.Delay(pause, time, cancellationToken);
                progress.Retrying(what, exception.Message, pause);
                await delay;
            }
        }
    }

    private TimeSpan Backoff(int failures)
    {
        var pause = FirstPause * Math.Pow(2, failures - 1);
        return (pause < LastPause ? pause : LastPause) * (1 + 0.5 * random());
    }
}
