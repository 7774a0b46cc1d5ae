using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Web;
using Grpc.Core;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// The calls that browsers can make: unary ones and those with a stream of responses. Browsers cannot send a stream
/// while they read one, so the others have no gRPC-Web form.
/// </summary>
internal static class GrpcWebCalls
{
    /// <param name="endpoints">Of a gRPC service.</param>
    /// <param name="isServed">Whether gRPC-Web is.</param>
    public static TBuilder WithGrpcWeb<TBuilder>(this TBuilder endpoints, bool isServed)
        where TBuilder : IEndpointConventionBuilder
    {
        if (isServed)
            endpoints.Finally(Enable);
        return endpoints;
    }

    private static void Enable(EndpointBuilder endpoint)
    {
        var method = endpoint.Metadata.OfType<GrpcMethodMetadata>().LastOrDefault()?.Method.Type;
        if (method is MethodType.Unary or MethodType.ServerStreaming)
            endpoint.Metadata.Add(new EnableGrpcWebAttribute());
    }
}
