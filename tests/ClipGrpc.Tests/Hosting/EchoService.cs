using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.Core;

namespace ClipGrpc.Tests.Hosting;

/// <summary>Answers with the request's own model name; "none" is unknown, "wait" waits for its release.</summary>
[BindServiceMethod(typeof(EchoService), nameof(BindService))]
internal sealed class EchoService
{
    public static readonly Method<EmbedRequest, EmbedResponse> EchoMethod = new(
        MethodType.Unary, "test.EchoService", nameof(Echo),
        Marshallers.Create(message => message.ToByteArray(), EmbedRequest.Parser.ParseFrom),
        Marshallers.Create(message => message.ToByteArray(), EmbedResponse.Parser.ParseFrom));

    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Entered => _entered.Task;

    public static void BindService(ServiceBinderBase binder, EchoService? service) =>
        binder.AddMethod(EchoMethod, service is null ? null : service.Echo);

    public void Release() => _released.TrySetResult();

    public async Task<EmbedResponse> Echo(EmbedRequest request, ServerCallContext context)
    {
        if (request.Model == "none")
            throw new RpcException(new Status(StatusCode.NotFound, "There is no such model."));

        if (request.Model == "wait")
        {
            _entered.TrySetResult();
            await _released.Task.WaitAsync(context.CancellationToken);
        }

        return new EmbedResponse { Model = new ModelRef { Name = request.Model } };
    }
}
