using Grpc.Core;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// The messages of a stream's caller. Reads end with the call: Kestrel uses the HTTP/2 stream of a call that has ended
/// for a later one of the same connection, and a read that is left pending would take that call's first bytes.
/// </summary>
internal sealed class RequestReader<T>(
    IAsyncStreamReader<T> inner, int maxMessageBytes, CancellationToken call, TimeProvider time)
    : IAsyncStreamReader<T>
{
    /// <summary>A read under way ends at once, or when it has parsed the message that it just got.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(call);
    private Task<bool> _read = Task.FromResult(false);

    public T Current => inner.Current;

    /// <summary>Set when a message was malformed.</summary>
    public RpcException? Refusal { get; private set; }

    /// <exception cref="RpcException">The message is malformed.</exception>
    public Task<bool> MoveNext(CancellationToken cancellationToken) => _read = ReadAsync(cancellationToken);

    /// <summary>Ends the read that is under way and allows no further one.</summary>
    /// <returns>False: it did not end in time.</returns>
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
