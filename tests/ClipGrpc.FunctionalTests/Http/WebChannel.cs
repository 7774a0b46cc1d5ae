using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>Calls over the HTTP port as a browser makes them: gRPC-Web, HTTP/1.1.</summary>
internal sealed class WebChannel : IDisposable
{
    private readonly GrpcChannel _channel;

    public WebChannel(RunningServer server, GrpcWebMode mode = GrpcWebMode.GrpcWeb)
        : this(server.Http.BaseAddress!, mode)
    {
    }

    public WebChannel(Uri address, GrpcWebMode mode = GrpcWebMode.GrpcWeb) => _channel = GrpcChannel.ForAddress(
        address, new GrpcChannelOptions
        {
            HttpHandler = new GrpcWebHandler(mode, new SocketsHttpHandler()),
            HttpVersion = new Version(1, 1),
            MaxReceiveMessageSize = 32 << 20,
            MaxSendMessageSize = 64 << 20,
        });

    public ChannelBase Channel => _channel;

    public ClipService.ClipServiceClient Clip => new(_channel);

    public ModelService.ModelServiceClient Models => new(_channel);

    public void Dispose() => _channel.Dispose();
}
