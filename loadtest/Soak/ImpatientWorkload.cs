using ClipGrpc.LoadTest.Driving;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.LoadTest.Soak;

/// <summary>Calls whose caller leaves, at another moment each time.</summary>
internal sealed class ImpatientWorkload(
    string name, Func<long, EmbedRequest> request, TimeProvider time) : IWorkload
{
    private const int LongestMilliseconds = 40;

    public string Name => name;

    public string Method => "clipgrpc.v1.ClipService.Embed";

    public async Task<CallOutcome> CallAsync(
        ClipService.ClipServiceClient client, long number, DateTimeOffset? deadline,
        CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(
            TimeSpan.FromMilliseconds(number % LongestMilliseconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return CallOutcome.Of(await client.EmbedAsync(
                request(number),
                new CallOptions(deadline: deadline?.UtcDateTime, cancellationToken: either.Token)));
        }
        catch (RpcException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return CallOutcome.Failed(exception.StatusCode);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
