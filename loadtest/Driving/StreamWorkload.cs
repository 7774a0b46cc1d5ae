using System.Collections.Concurrent;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.LoadTest.Driving;

/// <summary>
/// Items of long-lived streams, one stream for each connection. A call of the load is one item and its response; an
/// item that has no response by its deadline counts as DEADLINE_EXCEEDED, though a stream's items have none of their
/// own.
/// </summary>
internal sealed class StreamWorkload<TRequest, TResponse>(
    string name,
    string method,
    Func<ClipService.ClipServiceClient, AsyncDuplexStreamingCall<TRequest, TResponse>> open,
    Func<TRequest> configuration,
    Func<long, TRequest> item,
    Func<TResponse, long> numberOf,
    Func<TResponse, CallOutcome> read,
    TimeProvider time) : IWorkload
    where TRequest : class
{
    private readonly ConcurrentDictionary<ClipService.ClipServiceClient, ItemStream<TRequest, TResponse>> _streams = [];

    public string Name => name;

    public string Method => $"clipgrpc.v1.ClipService.{method}";

    public async Task<CallOutcome> CallAsync(
        ClipService.ClipServiceClient client, long number, DateTimeOffset? deadline,
        CancellationToken cancellationToken)
    {
        var stream = _streams.AddOrUpdate(
            client, _ => Open(client), (_, existing) => existing.HasEnded ? Open(client) : existing);
        var patience = deadline is { } end ? end - time.GetUtcNow() : Timeout.InfiniteTimeSpan;
        try
        {
            var response = stream.SendAsync(number, item(number));
            return read(await (patience == Timeout.InfiniteTimeSpan
                ? response.WaitAsync(cancellationToken)
                : response.WaitAsync(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, time, cancellationToken)));
        }
        catch (TimeoutException)
        {
            return CallOutcome.Failed(StatusCode.DeadlineExceeded);
        }
        catch (RpcException exception)
        {
            return CallOutcome.Failed(exception.StatusCode);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var stream in _streams.Values)
            await stream.DisposeAsync();
    }

    private ItemStream<TRequest, TResponse> Open(ClipService.ClipServiceClient client) =>
        new(open(client), configuration(), numberOf);
}
