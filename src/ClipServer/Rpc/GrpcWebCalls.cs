using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Web;
using Grpc.Core;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Enables gRPC-Web for the methods that browsers can call: unary and server-streaming ones. gRPC-Web does not support
/// client streaming.
/// </summary>
internal static class GrpcWebCalls
{
    /// <param name="endpoints">The endpoints of a gRPC service.</param>
    /// <param name="isServed">Whether gRPC-Web is enabled.</param>
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
