using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ClipGrpc.Serving.Budget;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Answers a stream of requests, several at a time. It reads the next request only while fewer than a window's worth
/// wait for their response to be written, so that HTTP/2 flow control slows the caller down and nothing piles up here.
/// </summary>
internal sealed class StreamPump<TRequest, TResponse>
{
    private readonly Func<TRequest, CancellationToken, Task<TResponse>> _handle;
    private readonly Func<TRequest, object>? _orderOf;
    private readonly StreamWindow _window;
    private readonly Func<TRequest, int> _sizeOf;
    private readonly MessageReader? _memory;
    private readonly Func<TResponse, bool>? _isLight;
    private readonly Dictionary<object, Task> _orders = [];
    private readonly Channel<(Task<TResponse> Response, int Slots, HeldMemory Memory)> _responses;
    private bool _cutShort;

    /// <param name="handle">Makes the response; a failure ends the stream.</param>
    /// <param name="orderOf">
    /// Requests of the same object have their responses in order; null: responses come as they are ready.
    /// </param>
    /// <param name="window">Room for requests between being read and their response being written.</param>
    /// <param name="sizeOf">Bytes of a request.</param>
    /// <param name="memory">Holds the memory of requests, which is given back when their response is written.</param>
    /// <param name="isLight">
    /// Whether a response costs next to nothing while it waits for its turn: it then gives back memory and window
    /// before.
    /// </param>
    public StreamPump(
        Func<TRequest, CancellationToken, Task<TResponse>> handle, Func<TRequest, object>? orderOf,
        StreamWindow window, Func<TRequest, int> sizeOf, MessageReader? memory = null,
        Func<TResponse, bool>? isLight = null)
    {
        _handle = handle;
        _orderOf = orderOf;
        _window = window;
        _sizeOf = sizeOf;
        _memory = memory;
        _isLight = isLight;

        // Unbounded, because the window already bounds it.
        _responses = Channel.CreateUnbounded<(Task<TResponse>, int, HeldMemory)>(
            new UnboundedChannelOptions { SingleReader = true });
    }

    /// <summary>Runs until the caller has sent all and was answered.</summary>
    /// <param name="finish">Called after the last response, also where <paramref name="stop"/> ends the call.</param>
    /// <param name="stop">Reads no more, answers what was read, and ends the call with its error.</param>
    /// <param name="cancellationToken">The call is gone.</param>
    public async Task RunAsync(
        IAsyncEnumerable<TRequest> requests, Func<TResponse, Task> write,
        StreamStop stop, CancellationToken cancellationToken, Func<Task>? finish = null)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAllAsync(requests, stop.Token, ended.Token);
        try
        {
            await foreach (var (response, slots, memory) in _responses.Reader.ReadAllAsync(ended.Token))
            {
                await write(await response);
                _memory?.Return(memory);
                _window.Leave(slots);
            }
        }
        catch
        {
            // Whatever ended the writing ends the reading and the work too.
            await ended.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await reading;
        if (finish is not null)
            await finish();
        if (_cutShort)
            throw stop.CreateError();
    }

    private async Task ReadAllAsync(
        IAsyncEnumerable<TRequest> requests, CancellationToken stopping, CancellationToken cancellationToken)
    {
        var running = new List<Task>();
        Exception? failure = null;
        try
        {
            await foreach (var request in ReadWithinWindowAsync(requests, stopping, cancellationToken))
            {
                var memory = _memory?.Take() ?? default;
                var slots = await _window.WidenAsync(_sizeOf(request), cancellationToken);
                var response = _handle(request, cancellationToken);
                running.RemoveAll(task => task.IsCompleted);
                running.Add(WriteInOrder(request, response, slots, memory));
            }
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        await Task.WhenAll(running);
        _responses.Writer.TryComplete(failure);
    }

    private async IAsyncEnumerable<TRequest> ReadWithinWindowAsync(
        IAsyncEnumerable<TRequest> requests, CancellationToken stopping,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        var ended = Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, either.Token);

        // Not disposed: where the stream ends with a read under way, the call's end completes that read.
        var reader = requests.GetAsyncEnumerator(CancellationToken.None);
        while (true)
        {
            await Task.WhenAny(_window.EnterAsync(either.Token), ended);
            if (ended.IsCompleted)
                break;

            var next = reader.MoveNextAsync().AsTask();
            if (await Task.WhenAny(next, ended) != next)
                break;
            if (!await next)
                yield break;

            yield return reader.Current;
        }

        cancellationToken.ThrowIfCancellationRequested();
        _cutShort = true;
    }

    private Task WriteInOrder(TRequest request, Task<TResponse> response, int slots, HeldMemory memory)
    {
        if (_orderOf?.Invoke(request) is not { } order)
            return WriteWhenDoneAsync(response, slots, memory, Task.CompletedTask);

        var before = _orders.GetValueOrDefault(order, Task.CompletedTask);
        return _orders[order] = WriteWhenDoneAsync(response, slots, memory, before);
    }

    private async Task WriteWhenDoneAsync(Task<TResponse> response, int slots, HeldMemory memory, Task before)
    {
        await ((Task)response).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!before.IsCompleted && _isLight is not null && response.IsCompletedSuccessfully
            && _isLight(response.Result) && _window.TryLighten(slots))
        {
            _memory?.Return(memory);
            (slots, memory) = (StreamWindow.Light, default);
        }

        await before;
        _responses.Writer.TryWrite((response, slots, memory));
    }
}
