using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Hosting;

/// <summary>Answers with the request's own model name; "none" is unknown, "wait" waits for its release.</summary>
internal sealed class EchoService : EchoServiceBase
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Entered => _entered.Task;

    public void Release() => _released.TrySetResult();

    public override async Task<EmbedResponse> Echo(EmbedRequest request, ServerCallContext context)
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
