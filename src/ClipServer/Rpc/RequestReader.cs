using Grpc.Core;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Reads the messages of a stream. Reads end with the call: Kestrel reuses the HTTP/2 stream of a completed call for a
/// later call on the same connection, and a read that is still pending would take the first bytes of that call.
/// </summary>
internal sealed class RequestReader<T>(
    IAsyncStreamReader<T> inner, int maxMessageBytes, CancellationToken call, TimeProvider time)
    : IAsyncStreamReader<T>
{
    /// <summary>A pending read ends immediately, or after it has parsed a message that has just arrived.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(call);
    private Task<bool> _read = Task.FromResult(false);

    public T Current => inner.Current;

    /// <summary>The error of a malformed message.</summary>
    public RpcException? Refusal { get; private set; }

    /// <exception cref="RpcException">The message is malformed.</exception>
    public Task<bool> MoveNext(CancellationToken cancellationToken) => _read = ReadAsync(cancellationToken);

    /// <summary>Ends a pending read and prevents further ones.</summary>
    /// <returns>False if it did not end in time.</returns>
    public async Task<bool> EndAsync()
    {
        await _ended.CancelAsync();
        try
        {
            await ((Task)_read).WaitAsync(EndLimit, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            _ended.Dispose();
        }

        return _read.IsCompleted;
    }

    private async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        using var linked = cancellationToken.CanBeCanceled && cancellationToken != call
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token)
            : null;
        try
        {
            return await inner.MoveNext((linked ?? _ended).Token);
        }
        catch (Exception exception) when (MalformedMessage.From(exception, maxMessageBytes) is { } refusal)
        {
            Refusal = refusal;
            throw refusal;
        }
    }
}
