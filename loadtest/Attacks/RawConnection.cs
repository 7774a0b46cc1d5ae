using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;

namespace ClipGrpc.LoadTest.Attacks;

/// <summary>One HTTP/2 connection on which calls are made that no gRPC library would make.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly HttpClient _http;

    public RawConnection(Uri address)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, EnableMultipleHttp2Connections = false })
        {
            BaseAddress = address,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>A prefix of gRPC: whether the message is compressed, and its length.</summary>
    public static byte[] Prefix(int length, bool compressed = false)
    {
        var prefix = new byte[5];
        prefix[0] = (byte)(compressed ? 1 : 0);
        BinaryPrimitives.WriteInt32BigEndian(prefix.AsSpan(1), length);
        return prefix;
    }

    /// <summary>Makes a call and reads its response to the end.</summary>
    /// <exception cref="HttpRequestException">The server has refused or reset it.</exception>
    public async Task CallAsync(
        string rpc, Func<Stream, CancellationToken, Task> write, bool gzip, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/clipgrpc.v1.ClipService/{rpc}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new Body(write),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (gzip)
            request.Headers.TryAddWithoutValidation("grpc-encoding", "gzip");
        using var response = await _http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await response.Content.CopyToAsync(Stream.Null, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private sealed class Body(Func<Stream, CancellationToken, Task> write) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            write(stream, CancellationToken.None);

        protected override Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            write(stream, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
