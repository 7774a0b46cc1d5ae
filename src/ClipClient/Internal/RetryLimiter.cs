using System.Globalization;
using Grpc.Core;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// Stops the retries of a call whose next attempt would start after the deadline, so that the call fails at once with
/// the server's status. The channel would wait, and then report DEADLINE_EXCEEDED in place of that status.
/// </summary>
internal sealed class RetryLimiter(ClipClientOptions options) : DelegatingHandler
{
    private const string TimeoutHeader = "grpc-timeout";
    private const string StatusHeader = "grpc-status";
    private const string AttemptsHeader = "grpc-previous-rpc-attempts";

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var start = options.TimeProvider.GetTimestamp();
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (TimeoutOf(request) is { } timeout && NextWait(request, response) is { } wait
            && wait >= timeout - options.TimeProvider.GetElapsedTime(start))
        {
            EndRetries(response);
        }

        return response;
    }

    private static void EndRetries(HttpResponseMessage response)
    {
        if (Find(response.Headers, ClipClientException.PushbackTrailer) is { } hint)
        {
            response.Headers.Remove(ClipClientException.PushbackTrailer);
            response.Headers.TryAddWithoutValidation(ClipClientException.RetryAfterTrailer, hint);
        }

        response.Headers.TryAddWithoutValidation(ClipClientException.PushbackTrailer, "-1");
    }

    /// <summary>The longest wait before the next attempt, or null when there is no next attempt.</summary>
    private TimeSpan? NextWait(HttpRequestMessage request, HttpResponseMessage response)
    {
        if (Find(response.Headers, ClipClientException.PushbackTrailer) is { } hint)
            return long.TryParse(hint, out var milliseconds) && milliseconds >= 0 ? Milliseconds(milliseconds) : null;

        // Only a call that failed before its response has its status in the headers, and only such a call is retried.
        if (!int.TryParse(Find(response.Headers, StatusHeader), out var status)
            || !ClipServiceConfig.IsRetried((StatusCode)status))
        {
            return null;
        }

        _ = int.TryParse(Find(request.Headers, AttemptsHeader), out var attempts);
        var growth = Math.Pow(ClipServiceConfig.BackoffMultiplier, attempts);
        var backoff = options.InitialBackoff.TotalMilliseconds * growth;
        return Milliseconds(Math.Min(backoff, options.MaxBackoff.TotalMilliseconds));
    }

    private static TimeSpan Milliseconds(double value) =>
        value < TimeSpan.MaxValue.TotalMilliseconds ? TimeSpan.FromMilliseconds(value) : TimeSpan.MaxValue;

    // A number of up to eight digits and a unit.
    private static TimeSpan? TimeoutOf(HttpRequestMessage request)
    {
        if (Find(request.Headers, TimeoutHeader) is not { Length: > 1 } text
            || !long.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return null;
        }

        return text[^1] switch
        {
            'H' => TimeSpan.FromHours(value),
            'M' => TimeSpan.FromMinutes(value),
            'S' => TimeSpan.FromSeconds(value),
            'm' => TimeSpan.FromMilliseconds(value),
            'u' => TimeSpan.FromMicroseconds(value),
            'n' => TimeSpan.FromMicroseconds(value / 1000),
            _ => null,
        };
    }

    private static string? Find(System.Net.Http.Headers.HttpHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
