using System.Runtime.CompilerServices;
using Grpc.Core;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// One bidirectional call: a task sends the items, another takes the responses, and the caller reads the results. Both
/// tasks end with the enumeration, however it ends. Each enumeration is a call of its own; its state is
/// in its <see cref="StreamReplies{TResult}"/>.
/// </summary>
internal sealed class DuplexCall<TItem, TRequest, TReply, TResult>
    where TRequest : class
    where TReply : class
    where TResult : class
{
    private const string EndedEarly = "The server ended the stream before it had answered everything.";

    public required Func<CallOptions, AsyncDuplexStreamingCall<TRequest, TReply>> Start { get; init; }

    /// <summary>Gives the deadline of a call that starts now.</summary>
    public required Func<CallDeadline> Deadline { get; init; }

    public required TRequest Configuration { get; init; }

    /// <summary>Reads an item; throws <see cref="ClipClientException"/> for one that cannot be read.</summary>
    public required Func<TItem, CancellationToken, ValueTask<TRequest>> Prepare { get; init; }

    public required Func<TItem, ClipError, TResult> Fail { get; init; }

    public required Func<TReply, TResult> Map { get; init; }

    public required bool Ordered { get; init; }

    public async IAsyncEnumerable<TResult> RunAsync(
        IAsyncEnumerable<TItem> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var deadline = Deadline();
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var replies = new StreamReplies<TResult>(Ordered);
        using var call = Start(new CallOptions(deadline: deadline.At, cancellationToken: abandon.Token));
        var sending = SendAsync(call.RequestStream, items, replies, abandon);
        var receiving = ReceiveAsync(call.ResponseStream, sending, replies, deadline, cancellationToken, abandon);
        try
        {
            await foreach (var result in replies.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return result;
        }
        finally
        {
            await abandon.CancelAsync().ConfigureAwait(false);
            await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Ends with null, or with the exception of the caller's own source.</summary>
    private async Task<Exception?> SendAsync(
        IClientStreamWriter<TRequest> requests,
        IAsyncEnumerable<TItem> items,
        StreamReplies<TResult> replies,
        CancellationTokenSource abandon)
    {
        try
        {
            if (!await WriteAsync(requests, Configuration, abandon.Token).ConfigureAwait(false))
                return null;
            await foreach (var item in items.WithCancellation(abandon.Token).ConfigureAwait(false))
            {
                if (!await SendItemAsync(requests, item, replies, abandon.Token).ConfigureAwait(false))
                    return null;
            }

            replies.AllSent();
            await CompleteAsync(requests).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception)
        {
            // Whatever it was, the call has no further use.
            await abandon.CancelAsync().ConfigureAwait(false);
            return exception;
        }
    }

    private async Task<bool> SendItemAsync(
        IClientStreamWriter<TRequest> requests,
        TItem item,
        StreamReplies<TResult> replies,
        CancellationToken cancellationToken)
    {
        TRequest request;
        try
        {
            request = await Prepare(item, cancellationToken).ConfigureAwait(false);
        }
        catch (ClipClientException exception)
        {
            await replies.FailedAsync(Fail(item, ClipError.From(exception)), cancellationToken).ConfigureAwait(false);
            return true;
        }

        await replies.SendingAsync(cancellationToken).ConfigureAwait(false);
        return await WriteAsync(requests, request, cancellationToken).ConfigureAwait(false);
    }

    // False when the call has ended: its status comes with the responses. A write that is under way at that moment may
    // fail in the HTTP client, which does not know the status.
    private static async Task<bool> WriteAsync(
        IClientStreamWriter<TRequest> requests, TRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await requests.WriteAsync(request, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
            when (exception is RpcException or InvalidOperationException or HttpRequestException or IOException)
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
        catch (Exception exception) when (exception is RpcException or InvalidOperationException)
        {
            // The server has ended the call: its status comes with the responses.
        }
    }

    private async Task ReceiveAsync(
        IAsyncStreamReader<TReply> responses,
        Task<Exception?> sending,
        StreamReplies<TResult> replies,
        CallDeadline deadline,
        CancellationToken cancellationToken,
        CancellationTokenSource abandon)
    {
        Exception? failure = null;
        try
        {
            while (await responses.MoveNext(abandon.Token).ConfigureAwait(false))
                await replies.AnsweredAsync(Map(responses.Current), abandon.Token).ConfigureAwait(false);
            if (!replies.AllAnswered)
                failure = new ClipClientException(StatusCode.Unavailable, EndedEarly);
        }
        catch (Exception exception)
        {
            failure = exception is RpcException status
                ? ClipClientException.From(status, deadline, cancellationToken)
                : exception;
        }

        // After the server's end nothing more is sent; a source that never ends must not hold the caller.
        await abandon.CancelAsync().ConfigureAwait(false);
        var sendFailure = await sending.ConfigureAwait(false);
        replies.Complete(Reason(failure, sendFailure, cancellationToken));
    }

    private static Exception? Reason(Exception? received, Exception? sent, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return new OperationCanceledException(cancellationToken);

        // A source that failed caused the cancellation which the receiver saw.
        return sent is null or OperationCanceledException ? received : sent;
    }
}
