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
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/clipgrpc.v1.ClipService/{rpc}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Content = body;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value), name);

        using var response = await _http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/grpc", response.Content.Headers.ContentType?.MediaType);
        if (!response.Headers.Contains("grpc-status"))
            await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var status = Find(response, "grpc-status");
        Assert.NotNull(status);
        return ((StatusCode)int.Parse(status), Uri.UnescapeDataString(Find(response, "grpc-message") ?? ""));
    }

    public void Dispose() => _http.Dispose();

    private static string? Find(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values)
            ? Assert.Single(values)
            : null;
}
