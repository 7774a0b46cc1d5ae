using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// Splits items into calls, keeps a bounded number of calls under way, and gives the results in the order of the items.
/// Items are read only as calls get free, so a long source takes no more memory than the calls under way.
/// <para>
/// With a longest delay, a call is sent when that time has passed since its first item, and results are given out while
/// the source takes its time.
/// </para>
/// </summary>
internal sealed class BatchRunner<TItem, TMessage, TResult>(
    string itemsName,
    BatchLimits limits,
    Func<BatchLimits, CancellationToken, Task<BatchLimits>> refreshLimits,
    CallFailure onCallFailure,
    TimeSpan? maxDelay,
    TimeProvider clock,
    Func<TItem, int, CancellationToken, ValueTask<TMessage>> prepare,
    Func<IReadOnlyList<TMessage>, CancellationToken, Task<IReadOnlyList<ClipResult<TResult>>>> call)
    where TMessage : class, IMessage
    where TResult : class
{
    private volatile BatchLimits _limits = limits;

    public async IAsyncEnumerable<ClipResult<TResult>> RunAsync(
        IAsyncEnumerable<TItem> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var calls = new Queue<Task<ClipResult<TResult>[]>>();
        var source = new StreamSource<Batch<TMessage>>(SplitAsync(items, abandon.Token), abandon.Token);
        try
        {
            while (await NextBatchAsync(source, calls, abandon.Token).ConfigureAwait(false) is { } hasNext)
            {
                if (hasNext)
                    calls.Enqueue(CallAsync(source.Current, abandon.Token));
                while (calls.TryPeek(out var first)
                    && (first.IsCompleted || calls.Count >= _limits.MaxConcurrentCalls))
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
            await source.EndAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// True with the next batch; false when, before it, the first call has ended, whose results a source that takes its
    /// time must not hold up; null after the last batch.
    /// </summary>
    private async Task<bool?> NextBatchAsync(
        StreamSource<Batch<TMessage>> source,
        Queue<Task<ClipResult<TResult>[]>> calls,
        CancellationToken cancellationToken)
    {
        if (maxDelay is null || !calls.TryPeek(out var first))
            return await source.MoveNextAsync(cancellationToken).ConfigureAwait(false) ? true : null;

        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var next = source.MoveNextAsync(wait.Token);
        await Task.WhenAny(next, first).ConfigureAwait(false);
        await wait.CancelAsync().ConfigureAwait(false);
        try
        {
            return await next.ConfigureAwait(false) ? true : null;
        }
        catch (OperationCanceledException) when (first.IsCompleted && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async IAsyncEnumerable<Batch<TMessage>> SplitAsync(
        IAsyncEnumerable<TItem> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var source = new StreamSource<TItem>(items, cancellationToken);
        var delay = new BatchDelay(maxDelay, clock);
        var index = 0L;
        try
        {
            var batch = new Batch<TMessage>();
            while (await delay.NextAsync(source, cancellationToken).ConfigureAwait(false) is { } hasNext)
            {
                if (!hasNext)
                {
                    yield return batch;
                    batch = new Batch<TMessage>();
                    delay.Stop();
                    continue;
                }

                var item = source.Current ?? throw Arguments.Null(itemsName, index);
                index++;
                var (message, error) = await PrepareAsync(item, cancellationToken).ConfigureAwait(false);
                if (batch.Count >= _limits.MaxItems || message is not null && !HasRoom(batch, message, _limits))
                {
                    yield return batch;
                    batch = new Batch<TMessage>();
                    delay.Stop();
                }

                if (batch.Count == 0)
                    delay.Start();
                if (message is not null)
                    batch.Add(message);
                else
                    batch.Add(error!);
            }

            if (batch.Count > 0)
                yield return batch;
        }
        finally
        {
            delay.Stop();
            await source.EndAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<(TMessage? Message, ClipError? Error)> PrepareAsync(
        TItem item, CancellationToken cancellationToken)
    {
        try
        {
            return (await prepare(item, _limits.MaxBytes, cancellationToken).ConfigureAwait(false), null);
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
            return batch.Merge(await CallAsync(batch.Messages, cancellationToken).ConfigureAwait(false));
        }
        catch (ClipClientException exception) when (onCallFailure == CallFailure.PerItem)
        {
            var error = ClipError.From(exception);
            return batch.Merge([.. batch.Messages.Select(_ => new ClipResult<TResult>(error))]);
        }
    }

    private async Task<IReadOnlyList<ClipResult<TResult>>> CallAsync(
        IReadOnlyList<TMessage> messages, CancellationToken cancellationToken)
    {
        var assumed = _limits;
        try
        {
            return await call(messages, cancellationToken).ConfigureAwait(false);
        }
        catch (ClipClientException exception) when (MayBeOverALimit(exception))
        {
            // The server may have been restarted with smaller limits.
            var current = await RefreshAsync(assumed, cancellationToken).ConfigureAwait(false);
            if (current is null || Fits(messages, current))
                throw;

            return await CallPartsAsync(Split(messages, current), current, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Null when the request for them fails; the caller then throws the error that led to it.</summary>
    private async Task<BatchLimits?> RefreshAsync(BatchLimits assumed, CancellationToken cancellationToken)
    {
        try
        {
            return _limits = await refreshLimits(assumed, cancellationToken).ConfigureAwait(false);
        }
        catch (ClipClientException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<ClipResult<TResult>>> CallPartsAsync(
        List<List<TMessage>> parts, BatchLimits current, CancellationToken cancellationToken)
    {
        var results = new List<ClipResult<TResult>>();
        foreach (var part in parts)
        {
            if (part.Count == 1 && Batch<TMessage>.SizeOf(part[0]) > current.MaxBytes)
            {
                var error = InputErrors.TooLarge("The input", Batch<TMessage>.SizeOf(part[0]), current.MaxBytes);
                results.Add(new ClipResult<TResult>(ClipError.From(error)));
            }
            else
            {
                results.AddRange(await CallAsync(part, cancellationToken).ConfigureAwait(false));
            }
        }

        return results;
    }

    private static List<List<TMessage>> Split(IReadOnlyList<TMessage> messages, BatchLimits limits)
    {
        var parts = new List<List<TMessage>>();
        var batch = new Batch<TMessage>();
        foreach (var message in messages)
        {
            if (batch.Count == 0 || batch.Count >= limits.MaxItems || !HasRoom(batch, message, limits))
            {
                batch = new Batch<TMessage>();
                parts.Add(batch.Messages);
            }

            batch.Add(message);
        }

        return parts;
    }

    private static bool Fits(IReadOnlyList<TMessage> messages, BatchLimits limits) =>
        messages.Count <= limits.MaxItems
        && messages.Sum(message => (long)Batch<TMessage>.SizeOf(message)) <= limits.MaxBytes;

    private static bool HasRoom(Batch<TMessage> batch, TMessage message, BatchLimits limits) =>
        batch.Messages.Count == 0 || batch.Bytes + Batch<TMessage>.SizeOf(message) <= limits.MaxBytes;

    // An overload comes with a retry hint, a message over the limit does not.
    private static bool MayBeOverALimit(ClipClientException exception) =>
        exception.StatusCode == StatusCode.InvalidArgument
        || exception is { StatusCode: StatusCode.ResourceExhausted, RetryAfter: null };
}
