using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace ClipGrpc.Models.Hub;

/// <summary>
/// Sends requests to the Hub and follows its redirects. The token goes to the Hub's own scheme, host and port and to no
/// other; passing failures become <see cref="HubTransientException"/>.
/// </summary>
internal sealed class HubTransport : IDisposable
{
    /// <summary>A connection that brings nothing for so long is given up.</summary>
    public static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(60);

    private const int MaxRedirects = 10;

    private readonly HubOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    public HubTransport(HubOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(15),
        };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("ClipGrpc", ProductVersion.Text));
        // Compressed on the way, a file would have another length than the Hub says.
        _http.DefaultRequestHeaders.AcceptEncoding.ParseAdd("identity");
    }

    /// <param name="offset">Where the body should begin, in bytes.</param>
    /// <param name="leavesHub">Whether a redirect to another host is followed, or given back as it is.</param>
    /// <param name="onRedirect">Is shown every redirect that is followed.</param>
    /// <returns>A response whose body has not been read; 429 and 5xx have become exceptions.</returns>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri uri, long offset, bool leavesHub, Action<HttpResponseMessage>? onRedirect,
        CancellationToken cancellationToken)
    {
        for (var redirects = 0; redirects <= MaxRedirects; redirects++)
        {
            var response = await SendOnceAsync(method, uri, offset, cancellationToken);
            var target = Target(uri, response);
            if (target is null || (!leavesHub && !IsSameOrigin(target, uri)))
                return response;

            onRedirect?.Invoke(response);
            response.Dispose();
            if (target.Scheme != "https" && (target.Scheme != "http" || uri.Scheme == "https"))
            {
                throw new HubTransientException(
                    $"{uri.Host} redirects to an insecure address ({target.Scheme})");
            }

            uri = target;
        }

        throw new HubTransientException($"{uri.Host} redirects too many times");
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendOnceAsync(
        HttpMethod method, Uri uri, long offset, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, uri);
        if (_options.Token is { } token && IsSameOrigin(uri, _options.Endpoint))
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (offset > 0)
            request.Headers.Range = new RangeHeaderValue(offset, null);

        using var stall = new CancellationTokenSource(StallLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stall.Token, cancellationToken);
        try
        {
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            ThrowIfPassing(response, uri);
            return response;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HubTransientException(
                $"{uri.Host} did not respond within {StallLimit.TotalSeconds} s", exception);
        }
        catch (HttpRequestException exception)
        {
            throw new HubTransientException($"the connection to {uri.Host} failed ({Reason(exception)})", exception);
        }
    }

    private void ThrowIfPassing(HttpResponseMessage response, Uri uri)
    {
        var status = (int)response.StatusCode;
        if (status is not (408 or 429) && status < 500)
            return;

        var retryAfter = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - _time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        response.Dispose();
        var pause = retryAfter is { } value && value < TimeSpan.Zero ? TimeSpan.Zero : retryAfter;
        var addition = pause > HubRetry.LongestPause
            ? $" and requests a pause of {pause.Value.TotalMinutes:0} minutes"
            : "";
        throw new HubTransientException($"{uri.Host} returned status {status}{addition}") { RetryAfter = pause };
    }

    private static Uri? Target(Uri uri, HttpResponseMessage response) =>
        (int)response.StatusCode is 301 or 302 or 303 or 307 or 308
        && response.Headers.Location is { } location
        && Uri.TryCreate(uri, location, out var target)
            ? target
            : null;

    private static bool IsSameOrigin(Uri a, Uri b) =>
        a.Scheme == b.Scheme && a.Port == b.Port && string.Equals(a.Host, b.Host, StringComparison.OrdinalIgnoreCase);

    private static string Reason(HttpRequestException error) => error.InnerException switch
    {
        SocketException socket => socket.SocketErrorCode.ToString(),
        { } inner => inner.Message.TrimEnd('.'),
        null => error.Message.TrimEnd('.'),
    };
}
