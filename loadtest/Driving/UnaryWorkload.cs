using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.LoadTest.Driving;

/// <summary>A unary call with another request each time.</summary>
internal sealed class UnaryWorkload<TRequest, TResponse>(
    string name,
    string method,
    Func<long, TRequest> request,
    Func<ClipService.ClipServiceClient, TRequest, CallOptions, AsyncUnaryCall<TResponse>> call,
    Func<TResponse, CallOutcome> read) : IWorkload
{
    public string Name => name;

    public string Method => $"clipgrpc.v1.ClipService.{method}";

    public async Task<CallOutcome> CallAsync(
        ClipService.ClipServiceClient client, long number, DateTimeOffset? deadline,
        CancellationToken cancellationToken)
    {
        var options = new CallOptions(deadline: deadline?.UtcDateTime, cancellationToken: cancellationToken);
        try
        {
            return read(await call(client, request(number), options));
        }
        catch (RpcException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return CallOutcome.Failed(exception.StatusCode);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
