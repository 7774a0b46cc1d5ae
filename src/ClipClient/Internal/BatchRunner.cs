using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// Splits items into calls, keeps a bounded number of calls under way, and gives the results in the order of the items.
/// Items are read only as calls get free, so a long source takes no more memory than the calls under way.
/// </summary>
internal sealed class BatchRunner<TItem, TMessage, TResult>(
    BatchLimits limits,
    CallFailure onCallFailure,
    Func<TItem, int, CancellationToken, ValueTask<TMessage>> prepare,
    Func<IReadOnlyList<TMessage>, CancellationToken, Task<IReadOnlyList<ClipResult<TResult>>>> call)
    where TMessage : class, IMessage
    where TResult : class
{
    public async IAsyncEnumerable<ClipResult<TResult>> RunAsync(
        IAsyncEnumerable<TItem> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var calls = new Queue<Task<ClipResult<TResult>[]>>();
        try
        {
            await foreach (var batch in SplitAsync(items, abandon.Token).ConfigureAwait(false))
            {
                calls.Enqueue(CallAsync(batch, abandon.Token));
                while (calls.Count >= limits.MaxConcurrentCalls || calls.TryPeek(out var first) && first.IsCompleted)
                {
                    foreach (var result in await calls.Dequeue().ConfigureAwait(false))
                        yield return result;
                }
            }

            while (calls.TryDequeue(out var next))
            {
                foreach (var result in await next.ConfigureAwait(false))
                    yield return result;
            }
        }
        finally
        {
            await abandon.CancelAsync().ConfigureAwait(false);
            foreach (Task abandoned in calls)
                await abandoned.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async IAsyncEnumerable<Batch<TMessage>> SplitAsync(
        IAsyncEnumerable<TItem> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var batch = new Batch<TMessage>();
        await foreach (var item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var (message, error) = await PrepareAsync(item, cancellationToken).ConfigureAwait(false);
            var bytes = message is null ? 0 : Batch<TMessage>.SizeOf(message);
            if (batch.Count == limits.MaxItems || batch.Messages.Count > 0 && batch.Bytes + bytes > limits.MaxBytes)
            {
                yield return batch;
                batch = new Batch<TMessage>();
            }

            if (message is not null)
                batch.Add(message);
            else
                batch.Add(error!);
        }

        if (batch.Count > 0)
            yield return batch;
    }

    private async ValueTask<(TMessage? Message, ClipError? Error)> PrepareAsync(
        TItem item, CancellationToken cancellationToken)
    {
        try
        {
            return (await prepare(item, limits.MaxBytes, cancellationToken).ConfigureAwait(false), null);
        }
        catch (ClipClientException exception)
        {
            return (null, ClipError.From(exception));
        }
    }

    private async Task<ClipResult<TResult>[]> CallAsync(Batch<TMessage> batch, CancellationToken cancellationToken)
    {
        if (batch.Messages.Count == 0)
            return batch.Merge<TResult>([]);

        try
        {
            return batch.Merge(await call(batch.Messages, cancellationToken).ConfigureAwait(false));
        }
        catch (ClipClientException exception) when (onCallFailure == CallFailure.PerItem)
        {
            var error = ClipError.From(exception);
            return batch.Merge([.. batch.Messages.Select(_ => new ClipResult<TResult>(error))]);
        }
    }
}
