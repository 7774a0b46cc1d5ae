using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>Sends bytes as they are over cleartext HTTP/2, which no gRPC library would.</summary>
internal sealed class RawGrpcClient(Uri address) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = address, Timeout = RunningServer.Limit };

    /// <summary>A length-prefixed message.</summary>
    /// <param name="length">What the prefix states; null is the truth.</param>
    public static byte[] Frame(ReadOnlySpan<byte> payload, byte flag = 0, uint? length = null)
    {
        var frame = new byte[5 + payload.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), length ?? (uint)payload.Length);
        payload.CopyTo(frame.AsSpan(5));
        return frame;
    }

    public Task<(StatusCode Status, string Detail)> CallAsync(
        string rpc, byte[] body, params (string Name, string Value)[] headers) =>
        CallAsync(rpc, new ByteArrayContent(body), CancellationToken.None, headers);

    public async Task<(StatusCode Status, string Detail)> CallAsync(
        string rpc, HttpContent body, CancellationToken cancellationToken, params (string Name, string Value)[] headers)
    {
        var (error, _) = await SendAsync($"clipgrpc.v1.ClipService/{rpc}", body, cancellationToken, headers);
        return (error.StatusCode, error.Status.Detail);
    }

    /// <summary>The status with its trailers, and the request id of the response.</summary>
    public async Task<(RpcException Error, string? RequestId)> SendAsync(
        string method, HttpContent body, CancellationToken cancellationToken,
        params (string Name, string Value)[] headers)
    {
        using var response = await PostAsync(method, body, cancellationToken, headers);
        if (!response.Headers.Contains("grpc-status"))
            await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var status = Find(response, "grpc-status");
        Assert.NotNull(status);
        var trailers = new Metadata();
        if (Find(response, "grpc-status-details-bin") is { } details)
            trailers.Add("grpc-status-details-bin", Convert.FromBase64String(details));
        if (Find(response, "grpc-retry-pushback-ms") is { } pushback)
            trailers.Add("grpc-retry-pushback-ms", pushback);
        var message = Uri.UnescapeDataString(Find(response, "grpc-message") ?? "");
        return (
            new RpcException(new Status((StatusCode)int.Parse(status), message), trailers),
            Find(response, "x-request-id"));
    }

    /// <summary>Ends when the headers of the response have come.</summary>
    public async Task<HttpResponseMessage> PostAsync(
        string method, HttpContent body, CancellationToken cancellationToken,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Content = body;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value), name);

        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/grpc", response.Content.Headers.ContentType?.MediaType);
        return response;
    }

    public void Dispose() => _http.Dispose();

    private static string? Find(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values)
            ? Assert.Single(values)
            : null;
}
