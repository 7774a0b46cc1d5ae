using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Grpc.Core;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// A bidirectional stream that survives its connection: what has no response when the connection or the server ends is
/// sent again on the next one. On each connection a task sends the items and another takes the responses, and the
/// caller reads the results. Both end with the enumeration, however it ends. Each enumeration is a stream of its own.
/// </summary>
internal sealed class ResumingStream<TItem, TRequest, TResponse, TResult>
    where TRequest : class
    where TResponse : class
    where TResult : class
{
    private const string EndedEarly = "The server ended the stream before it had responded to everything.";

    /// <summary>What it calls, for spans.</summary>
    public required RpcMethod Method { get; init; }

    /// <summary>Begins the span of an enumeration; null if there is no listener.</summary>
    public required Func<ClientOperation?> Observe { get; init; }

    /// <summary>Adds a result to the span.</summary>
    public required Action<ClientOperation, TResult> Note { get; init; }

    public required Func<CallOptions, AsyncDuplexStreamingCall<TRequest, TResponse>> Start { get; init; }

    /// <summary>Gives the deadline of a stream that starts now.</summary>
    public required Func<CallDeadline> Deadline { get; init; }

    public required RetryPolicy RetryPolicy { get; init; }

    /// <summary>Makes the first message of a connection.</summary>
    public required Func<TRequest> Configure { get; init; }

    /// <summary>Makes a message to send before the item's; null means none. Called in sending order.</summary>
    public Func<TItem, TRequest?>? Before { get; init; }

    /// <summary>
    /// Reads an item, given its number; throws <see cref="ClipClientException"/> for one that cannot be read. Called
    /// again when the item is sent again.
    /// </summary>
    public required Func<TItem, long, CancellationToken, ValueTask<TRequest>> Prepare { get; init; }

    public required Func<TItem, ClipError, TResult> Fail { get; init; }

    /// <summary>The number of the item that a response belongs to.</summary>
    public required Func<TResponse, long> NumberOf { get; init; }

    /// <summary>Makes a result of the response to an item; null means that the caller gets none.</summary>
    public required Func<TItem, TResponse, TResult?> Map { get; init; }

    /// <summary>Makes a result of a response that belongs to no item; null means that it belongs to one.</summary>
    public Func<TResponse, TResult?>? MapOwn { get; init; }

    /// <summary>
    /// How many of the first items of a connection are completed; where set, items may have no response of their own.
    /// </summary>
    public Func<TResponse, long>? CompletedCount { get; init; }

    /// <summary>
    /// The order that an item belongs to, within which results come in the order of the items; null means that results
    /// come as they are ready.
    /// </summary>
    public required Func<TItem, string>? OrderOf { get; init; }

    public async IAsyncEnumerable<TResult> RunAsync(
        IAsyncEnumerable<TItem> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var operation = Observe();
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var open = new StreamItems<TItem, TResult>(OrderOf, mayBeSilent: CompletedCount is not null);
        var running = RunAsync(
            new StreamSource<TItem>(items, abandon.Token), open, operation, abandon, cancellationToken);
        try
        {
            await foreach (var result in open.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (operation is not null)
                    Note(operation, result);
                yield return result;
            }
        }
        finally
        {
            await abandon.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunAsync(
        StreamSource<TItem> source,
        StreamItems<TItem, TResult> open,
        ClientOperation? operation,
        CancellationTokenSource abandon,
        CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            await ConnectUntilDoneAsync(source, open, operation, abandon.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        var hasLeft = abandon.IsCancellationRequested && !cancellationToken.IsCancellationRequested;

        // A source that never ends must not hold the caller.
        await abandon.CancelAsync().ConfigureAwait(false);
        try
        {
            await source.EndAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failure ??= exception;
        }

        if (cancellationToken.IsCancellationRequested)
            failure = new OperationCanceledException(cancellationToken);
        if (failure is not null && !hasLeft)
            operation?.Failed(failure);
        open.Complete(failure);
    }

    private async Task ConnectUntilDoneAsync(
        StreamSource<TItem> source,
        StreamItems<TItem, TResult> open,
        ClientOperation? operation,
        CancellationToken cancellationToken)
    {
        var deadline = Deadline();
        var retries = RetryPolicy.Start(deadline);
        operation?.Called();
        for (var attempt = 1; ; attempt++)
        {
            using var span = ClientTelemetry.StartRpc(Method, operation, deadline.Servers, attempt);
            var error = await ConnectAsync(source, open, deadline, retries, cancellationToken).ConfigureAwait(false);
            if (error is null)
            {
                ClientTelemetry.Succeeded(span, this);
                return;
            }

            ClientTelemetry.Failed(span, error);
            span?.Stop();
            if (!retries.IsRetried(error))
                throw error;

            if (open.IsEmpty)
            {
                // Nothing was lost, so the next item is early enough to connect again.
                if (!await source.MoveNextAsync(cancellationToken).ConfigureAwait(false))
                    return;
                await open.AddAsync(source.Current).ConfigureAwait(false);
                retries.Restart();
            }
            else if (!await retries.WaitAsync(error, cancellationToken).ConfigureAwait(false))
            {
                throw error;
            }

            operation?.Retried(error);
        }
    }

    /// <summary>One connection.</summary>
    /// <returns>Null when everything has its response, or why the connection ended.</returns>
    private async Task<ClipClientException?> ConnectAsync(
        StreamSource<TItem> source,
        StreamItems<TItem, TResult> open,
        CallDeadline deadline,
        RetryPolicy.Retries retries,
        CancellationToken cancellationToken)
    {
        using var connection = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var call = Start(new CallOptions(deadline: deadline.At, cancellationToken: connection.Token));
        var sending = SendAsync(call.RequestStream, source, open, connection, cancellationToken);
        Exception? failure = null;
        try
        {
            while (await call.ResponseStream.MoveNext(connection.Token).ConfigureAwait(false))
            {
                await TakeAsync(call.ResponseStream.Current, open, cancellationToken).ConfigureAwait(false);
                retries.Succeeded();
            }

            // A stream that ends well has completed the items without a response too.
            if (CompletedCount is not null)
                await open.CompletedUpToAsync(long.MaxValue, cancellationToken).ConfigureAwait(false);
            if (!open.AllCompleted)
                failure = new ClipClientException(StatusCode.Unavailable, EndedEarly);
        }
        catch (Exception exception)
        {
            failure = exception is RpcException status
                ? ClipClientException.From(status, deadline, cancellationToken)
                : exception;
        }

        // After the server's end nothing more is sent.
        await connection.CancelAsync().ConfigureAwait(false);

        // A source that failed caused the cancellation that the receiver saw.
        if ((await sending.ConfigureAwait(false) ?? failure) is not { } reason)
            return null;
        if (reason is not ClipClientException error)
            ExceptionDispatchInfo.Throw(reason);
        else if (!(error.IsTransient && open.AllCompleted))
            return error;
        return null;
    }

    private async Task TakeAsync(
        TResponse response, StreamItems<TItem, TResult> open, CancellationToken cancellationToken)
    {
        if (MapOwn?.Invoke(response) is { } result)
        {
            await open.AddResultAsync(result, cancellationToken).ConfigureAwait(false);
            return;
        }

        await open.CompletedAsync(NumberOf(response), item => Map(item, response), cancellationToken)
            .ConfigureAwait(false);
        if (CompletedCount is not null)
            await open.CompletedUpToAsync(CompletedCount(response), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends with null, or with the exception of the caller's own source.</summary>
    private async Task<Exception?> SendAsync(
        IClientStreamWriter<TRequest> requests,
        StreamSource<TItem> source,
        StreamItems<TItem, TResult> open,
        CancellationTokenSource connection,
        CancellationToken cancellationToken)
    {
        try
        {
            if (!await WriteAsync(requests, Configure(), connection.Token).ConfigureAwait(false))
                return null;
            foreach (var item in await open.ReconnectedAsync(connection.Token).ConfigureAwait(false))
            {
                if (!await SendItemAsync(requests, item, open, connection, cancellationToken).ConfigureAwait(false))
                    return null;
            }

            while (await NextAsync(source, open, connection.Token).ConfigureAwait(false) is { } item)
            {
                if (!await SendItemAsync(requests, item, open, connection, cancellationToken).ConfigureAwait(false))
                    return null;
            }

            open.AllAdded();
            await CompleteAsync(requests).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (connection.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception exception)
        {
            // Whatever it was, the stream has no further use.
            await connection.CancelAsync().ConfigureAwait(false);
            return exception;
        }
    }

    /// <summary>Null when there are no more items. One that was taken from the source is kept at once.</summary>
    private static async Task<StreamItem<TItem, TResult>?> NextAsync(
        StreamSource<TItem> source, StreamItems<TItem, TResult> open, CancellationToken connection)
    {
        await open.WhenRoomAsync(connection).ConfigureAwait(false);
        return await source.MoveNextAsync(connection).ConfigureAwait(false)
            ? await open.AddAsync(source.Current).ConfigureAwait(false)
            : null;
    }

    private async Task<bool> SendItemAsync(
        IClientStreamWriter<TRequest> requests,
        StreamItem<TItem, TResult> item,
        StreamItems<TItem, TResult> open,
        CancellationTokenSource connection,
        CancellationToken cancellationToken)
    {
        TRequest request;
        try
        {
            // Not cancelled with the connection: a stream that cannot seek would lose what was read of it.
            request = await Prepare(item.Item, item.Number, cancellationToken).ConfigureAwait(false);
        }
        catch (ClipClientException exception)
        {
            var error = Fail(item.Item, ClipError.From(exception));
            await open.FailedAsync(item, error, cancellationToken).ConfigureAwait(false);
            return true;
        }

        if (Before?.Invoke(item.Item) is { } before
            && !await WriteAsync(requests, before, connection.Token).ConfigureAwait(false))
        {
            return false;
        }

        open.Sent(item);
        return await WriteAsync(requests, request, connection.Token).ConfigureAwait(false);
    }

    // False when the call has ended: its status comes with the responses.
    private static async Task<bool> WriteAsync(
        IClientStreamWriter<TRequest> requests, TRequest request, CancellationToken connection)
    {
        try
        {
            await requests.WriteAsync(request, connection).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (MeansTheCallEnded(exception))
        {
            return false;
        }
    }

    private static async Task CompleteAsync(IClientStreamWriter<TRequest> requests)
    {
        try
        {
            await requests.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (MeansTheCallEnded(exception))
        {
            // The call has ended: its status comes with the responses.
        }
    }

    // A write in progress when the connection breaks, as when the server's process is killed, fails with the
    // transport's exception. The call's status comes with the responses in any case.
    private static bool MeansTheCallEnded(Exception exception) => exception is RpcException
        or InvalidOperationException or IOException or HttpRequestException or OperationCanceledException;
}
