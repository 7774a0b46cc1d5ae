using System.Collections.Concurrent;
using Grpc.Core;

namespace ClipGrpc.LoadTest.Driving;

/// <summary>One open stream whose replies find their items by number.</summary>
internal sealed class ItemStream<TRequest, TResponse> : IAsyncDisposable
    where TRequest : class
{
    private readonly AsyncDuplexStreamingCall<TRequest, TResponse> _call;
    private readonly Func<TResponse, long> _numberOf;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<TResponse>> _waiting = [];
    private readonly SemaphoreSlim _writing = new(1); // a gRPC stream takes one write at a time
    private readonly Task _configured;
    private readonly Task _reading;
    private volatile Exception? _end;

    public ItemStream(
        AsyncDuplexStreamingCall<TRequest, TResponse> call, TRequest configuration, Func<TResponse, long> numberOf)
    {
        _call = call;
        _numberOf = numberOf;
        _configured = call.RequestStream.WriteAsync(configuration);
        _reading = Task.Run(ReadAsync);
    }

    public bool HasEnded => _end is not null;

    /// <summary>The item's reply.</summary>
    /// <param name="number">Not that of another item that waits.</param>
    /// <exception cref="RpcException">The stream has ended.</exception>
    public Task<TResponse> SendAsync(long number, TRequest item)
    {
        var reply = new TaskCompletionSource<TResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[number] = reply;
        if (_end is { } end)
            reply.TrySetException(end);
        else
            _ = WriteAsync(item, reply);
        return reply.Task;
    }

    /// <summary>Ends the stream in order when nothing waits any more, and cuts it off otherwise.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_waiting.IsEmpty && !HasEnded)
            await _call.RequestStream.CompleteAsync();
        else
            _call.Dispose();
        await _reading;
        _call.Dispose();
        _writing.Dispose();
    }

    // A write that the server's flow control holds back is not cancelled when its caller gives up: that would end the
    // stream for all.
    private async Task WriteAsync(TRequest item, TaskCompletionSource<TResponse> reply)
    {
        await _writing.WaitAsync();
        try
        {
            await _configured;
            await _call.RequestStream.WriteAsync(item);
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException
            or ObjectDisposedException or HttpRequestException or IOException)
        {
            reply.TrySetException(exception as RpcException ?? Ended());
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var reply in _call.ResponseStream.ReadAllAsync())
            {
                if (_waiting.TryRemove(_numberOf(reply), out var waiting))
                    waiting.TrySetResult(reply);
            }

            _end = Ended();
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException
            or ObjectDisposedException)
        {
            _end = exception as RpcException ?? Ended();
        }

        foreach (var waiting in _waiting.Values)
            waiting.TrySetException(_end);
    }

    private static RpcException Ended() => new(new Status(StatusCode.Unavailable, "The stream has ended."));
}
