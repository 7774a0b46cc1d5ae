namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Bounds the bytes of the inputs of all callers that are on their way to their response. The queues bound their number
/// only, and a thousand files of 32 MiB would be 32 GiB.
/// </summary>
internal sealed class InputBudget(long capacity)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Entered)> _waiting = new();
    private long _taken;

    /// <summary>
    /// Takes room, to be given back with <see cref="Leave"/>. Callers that wait get it in the order of their arrival.
    /// </summary>
    /// <exception cref="ClipException">Overloaded: there is no room, and the caller does not wait for any.</exception>
    public Task EnterAsync(long bytes, WorkContext context)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0 && Fits(bytes))
            {
                _taken += bytes;
                return Task.CompletedTask;
            }

            if (context.WaitsForRoom && bytes <= capacity)
                return WaitAsync(_waiting.AddLast((bytes, NewWaiter())), context.CancellationToken);
        }

        throw new ClipException(
            ClipErrorCode.Overloaded, $"The inputs that wait for their response have {capacity:N0} bytes already.")
        {
            RetryAfter = RetryAfter,
        };
    }

    public void Leave(long bytes)
    {
        lock (_lock)
        {
            _taken -= bytes;
            LetIn();
        }
    }

    private static TaskCompletionSource NewWaiter() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool Fits(long bytes) => _taken + bytes <= capacity;

    private void LetIn()
    {
        while (_waiting.First is { } first && Fits(first.Value.Bytes))
        {
            _waiting.RemoveFirst();
            _taken += first.Value.Bytes;
            first.Value.Entered.SetResult();
        }
    }

    private async Task WaitAsync(
        LinkedListNode<(long Bytes, TaskCompletionSource Entered)> waiter, CancellationToken cancellationToken)
    {
        try
        {
            await waiter.Value.Entered.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Withdraw(waiter);
            throw;
        }
    }

    /// <summary>Its caller is gone: it waits no more, or gives back what it got meanwhile.</summary>
    private void Withdraw(LinkedListNode<(long Bytes, TaskCompletionSource Entered)> waiter)
    {
        lock (_lock)
        {
            if (waiter.List is null)
                _taken -= waiter.Value.Bytes;
            else
                _waiting.Remove(waiter);
            LetIn();
        }
    }
}
