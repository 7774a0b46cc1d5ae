using Grpc.Core;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// When a call that failed is made again. This is the only place that retries: the channel has no retry policy, so
/// attempts do not multiply.
/// </summary>
/// <param name="options">How long and how often.</param>
/// <param name="outage">What all calls to the same servers know of them.</param>
/// <param name="random">0 to below 1.</param>
internal sealed class RetryPolicy(ClipClientOptions options, Outage outage, Func<double> random)
{
    private const double Multiplier = 2;

    // Without a retry hint, RESOURCE_EXHAUSTED may mean a message over a limit, which no retry helps.
    private const int MaxAttemptsWithoutHint = 4;

    private readonly ClipClientOptions _options = options;
    private readonly Outage _outage = outage;

    public Retries Start(CallDeadline deadline) => new(this, deadline);

    /// <summary>Half of the exponential backoff, and a random part of the other half.</summary>
    /// <param name="failures">Failures in a row; at least 1.</param>
    internal TimeSpan Backoff(int failures)
    {
        var longest = _options.InitialBackoff.TotalMilliseconds * Math.Pow(Multiplier, failures - 1);
        longest = Math.Min(longest, _options.MaxBackoff.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(longest * (1 + random()) / 2);
    }

    /// <summary>The retries of one operation: a unary call, or a stream that resumes. Not thread-safe.</summary>
    internal sealed class Retries(RetryPolicy policy, CallDeadline deadline)
    {
        private readonly ClipClientOptions _options = policy._options;
        private long _attempt = policy._options.TimeProvider.GetTimestamp();
        private int _failures;
        private long _firstFailure;

        /// <summary>The server responded: earlier failures no longer count.</summary>
        public void Succeeded()
        {
            _failures = 0;
            policy._outage.Responded(_attempt);
        }

        /// <summary>Another attempt begins. Earlier failures no longer count, though no server has responded.</summary>
        public void Restart()
        {
            _failures = 0;
            _attempt = _options.TimeProvider.GetTimestamp();
        }

        /// <summary>Whether such an error may lead to another attempt at all.</summary>
        public bool IsRetried(ClipClientException error) => error.IsTransient && MaxAttempts(error) > 1;

        /// <summary>Waits until the next attempt.</summary>
        /// <returns>False, at once, when there is no next attempt.</returns>
        public async Task<bool> WaitAsync(ClipClientException error, CancellationToken cancellationToken)
        {
            if (NextWait(error) is not { } wait)
                return false;

            if (error.IsUnavailable && policy._outage.Announce())
                _options.OnServerLost?.Invoke(error);
            await Task.Delay(wait, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
            _attempt = _options.TimeProvider.GetTimestamp();
            return true;
        }

        /// <summary>Null when there is no next attempt.</summary>
        private TimeSpan? NextWait(ClipClientException error)
        {
            var now = _options.TimeProvider.GetTimestamp();
            if (_failures++ == 0)
                _firstFailure = now;
            var tried = _options.TimeProvider.GetElapsedTime(_firstFailure, now);
            var left = Min(deadline.Left, Outage.Bound(_options.RetryFor) - tried);
            if (error.IsUnavailable)
                left = Min(left, policy._outage.Failed(error, _options));
            else if (error.IsFromServer)
                policy._outage.Responded(_attempt);

            if (!error.IsTransient || _failures >= MaxAttempts(error))
                return null;

            // A hint of one server is the least there is to wait; others, or its successor, need the backoff.
            var backoff = policy.Backoff(_failures);
            var wait = error.RetryAfter is not { } hint ? backoff
                : error.IsUnavailable && hint < backoff ? backoff
                : hint;
            return wait < left ? wait : null;
        }

        private int MaxAttempts(ClipClientException error)
        {
            var most = _options.MaxAttempts ?? int.MaxValue;
            return error is { StatusCode: StatusCode.ResourceExhausted, RetryAfter: null }
                ? Math.Min(most, MaxAttemptsWithoutHint)
                : most;
        }

        private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
    }
}
