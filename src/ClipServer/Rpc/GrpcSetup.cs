using ClipGrpc.Server.Configuration;
using Grpc.AspNetCore.Server;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Rpc;

/// <summary>Configures the message limits of gRPC and the interceptor.</summary>
internal sealed class GrpcSetup(IOptions<ServerOptions> options) : IConfigureOptions<GrpcServiceOptions>
{
    public void Configure(GrpcServiceOptions grpc)
    {
        grpc.MaxReceiveMessageSize = options.Value.MaxMessageBytes;
        grpc.MaxSendMessageSize = options.Value.MaxMessageBytes;
        grpc.EnableDetailedErrors = false;
        grpc.Interceptors.Add<ErrorInterceptor>();
    }
}
