using System.Net;
using ClipGrpc.V1;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// Fails a stream whose HTTP request is sent a second time. When a server that stops has not taken a request,
/// <see cref="SocketsHttpHandler"/> sends it again on another connection. Of a unary call that is the same request; of
/// a stream, gRPC has written the first messages to the connection that was lost, and the second request would wait
/// for them forever.
/// </summary>
internal sealed class StreamReplayGuard : DelegatingHandler
{
    private static readonly HashSet<string> Streams =
    [
        .. ClipReflection.Descriptor.Services.SelectMany(service => service.Methods)
            .Where(method => method.IsClientStreaming)
            .Select(method => $"/{method.Service.FullName}/{method.Name}"),
    ];

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is { } content && Streams.Contains(request.RequestUri!.AbsolutePath))
            request.Content = new SentOnce(content);
        return base.SendAsync(request, cancellationToken);
    }

    private sealed class SentOnce : HttpContent
    {
        private readonly HttpContent _content;
        private bool _isSent;

        public SentOnce(HttpContent content)
        {
            _content = content;
            foreach (var header in content.Headers)
                Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            if (_isSent)
            {
                throw new HttpProtocolException(
                    TransportFailure.RefusedStream, "The server did not take the stream; its connection ends.", null);
            }

            _isSent = true;
            return _content.CopyToAsync(stream, context, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _content.Dispose();
            base.Dispose(disposing);
        }
    }
}
