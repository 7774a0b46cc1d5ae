using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Hosting;

/// <summary>A service of one call, in the shape that generated ones have.</summary>
[BindServiceMethod(typeof(EchoServiceBase), nameof(BindService))]
public abstract class EchoServiceBase
{
    public static readonly Method<EmbedRequest, EmbedResponse> EchoMethod = new(
        MethodType.Unary, "test.EchoService", nameof(Echo),
        Marshallers.Create(message => message.ToByteArray(), EmbedRequest.Parser.ParseFrom),
        Marshallers.Create(message => message.ToByteArray(), EmbedResponse.Parser.ParseFrom));

    public static void BindService(ServiceBinderBase binder, EchoServiceBase? service) =>
        binder.AddMethod(EchoMethod, service is null ? null : service.Echo);

    public virtual Task<EmbedResponse> Echo(EmbedRequest request, ServerCallContext context) =>
        throw new RpcException(new Status(StatusCode.Unimplemented, ""));
}
