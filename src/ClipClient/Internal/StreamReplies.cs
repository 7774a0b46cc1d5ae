using System.Threading.Channels;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// Brings together the server's responses of a stream and the errors of items that were never sent, because they could
/// not be read. In an ordered stream such an error waits until everything before it is answered.
/// </summary>
internal sealed class StreamReplies<TResult>(bool ordered)
    where TResult : class
{
    // Bounded and waiting: while the caller does not read, neither do we, and the server stops in turn. The number only
    // smooths the hand-over between the two tasks.
    private readonly Channel<TResult> _output = Channel.CreateBounded<TResult>(16);

    // What is not answered yet, in the order of the items: null for one that was sent, its error for one that was not.
    private readonly Queue<TResult?> _open = new();
    private readonly SemaphoreSlim _gate = new(1, 1);
    private int _sent;
    private volatile bool _allSent;

    public ChannelReader<TResult> Reader => _output.Reader;

    /// <summary>Every item was sent, and every sent item has its response.</summary>
    public bool AllAnswered => _allSent && Volatile.Read(ref _sent) == 0;

    /// <summary>The source has ended.</summary>
    public void AllSent() => _allSent = true;

    public async Task SendingAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        _sent++;
        if (ordered)
            _open.Enqueue(null);
        _gate.Release();
    }

    public Task FailedAsync(TResult error, CancellationToken cancellationToken) => HoldingGateAsync(() =>
    {
        if (!ordered || _open.Count == 0)
            return _output.Writer.WriteAsync(error, cancellationToken);
        _open.Enqueue(error);
        return ValueTask.CompletedTask;
    }, cancellationToken);

    public Task AnsweredAsync(TResult reply, CancellationToken cancellationToken) => HoldingGateAsync(async () =>
    {
        if (_sent == 0)
            throw Replies.Malformed("a stream had more replies than inputs");
        _sent--;
        await _output.Writer.WriteAsync(reply, cancellationToken).ConfigureAwait(false);
        if (!ordered)
            return;

        _open.Dequeue();
        while (_open.TryPeek(out var error) && error is not null)
        {
            _open.Dequeue();
            await _output.Writer.WriteAsync(error, cancellationToken).ConfigureAwait(false);
        }
    }, cancellationToken);

    public void Complete(Exception? error) => _output.Writer.TryComplete(error);

    private async Task HoldingGateAsync(Func<ValueTask> action, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await action().ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }
}
