using System.Globalization;
using System.Net;
using System.Text.Json;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.LoadTest.Driving;

/// <summary>
/// One text per call to <c>/v1/embeddings</c>, with the embedding in base64, as the clients of OpenAI request it. Each
/// caller keeps a connection of HTTP/1.1, as theirs do.
/// </summary>
internal sealed class HttpEmbedWorkload(string name, Uri address, Func<string> text, TimeProvider time) : IWorkload
{
    private const string Path = "/v1/embeddings";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address };

    public string Name => name;

    public string Method => $"POST {Path}";

    public async Task<CallOutcome> CallAsync(
        ClipService.ClipServiceClient client, long number, DateTimeOffset? deadline,
        CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new { input = text(), encoding_format = "base64" });
        using var request = new HttpRequestMessage(HttpMethod.Post, Path)
        {
            Content = new ByteArrayContent(json) { Headers = { ContentType = new("application/json") } },
        };
        if (deadline is { } end)
        {
            var seconds = Math.Max(0.001, (end - time.GetUtcNow()).TotalSeconds);
            request.Headers.Add("x-request-timeout", seconds.ToString("0.###", CultureInfo.InvariantCulture));
        }

        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return response.StatusCode == HttpStatusCode.OK
                ? Read(body)
                : CallOutcome.Failed(ToStatus(response.StatusCode));
        }
        catch (HttpRequestException)
        {
            return CallOutcome.Failed(StatusCode.Unavailable);
        }
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Decodes the embedding too, as a client would.</summary>
    private static CallOutcome Read(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        var embedding = document.RootElement.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        return embedding.Length > 0
            ? new CallOutcome(StatusCode.OK, 1, Timings: null)
            : CallOutcome.Failed(StatusCode.DataLoss);
    }

    private static StatusCode ToStatus(HttpStatusCode code) => code switch
    {
        HttpStatusCode.BadRequest => StatusCode.InvalidArgument,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.NotFound,
        HttpStatusCode.TooManyRequests => StatusCode.ResourceExhausted,
        HttpStatusCode.ServiceUnavailable => StatusCode.Unavailable,
        HttpStatusCode.GatewayTimeout => StatusCode.DeadlineExceeded,
        HttpStatusCode.InternalServerError => StatusCode.Internal,
        _ => StatusCode.Unknown,
    };
}
