namespace ClipGrpc.Serving.Batching;

/// <summary>A request item and the completion that its caller waits for, which is set once.</summary>
internal sealed class WorkItem<TInput, TResult>(TInput input, WorkPriority priority, int length)
    : WaitingItem(priority, length)
{
    private readonly TaskCompletionSource<TResult> _completion =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CancellationTokenRegistration _cancellation;

    /// <summary>Only for the code that took the item.</summary>
    public TInput Input { get; private set; } = input;

    public Task<TResult> Task => _completion.Task;

    /// <summary>Whether it is in a batch, was cancelled or was rejected. Guarded by the batcher's lock.</summary>
    public bool IsTaken { get; set; }

    public void CancelWith(DynamicBatcher<TInput, TResult> batcher, CancellationToken token)
    {
        if (token.CanBeCanceled)
            _cancellation = token.UnsafeRegister((_, canceled) => batcher.Cancel(this, canceled), null);
    }

    /// <summary>Stops observing the caller's cancellation.</summary>
    public void Discard() => _cancellation.Unregister();

    /// <returns>False if it was cancelled.</returns>
    public bool Succeed(TResult result)
    {
        if (!_completion.TrySetResult(result))
            return false;
        _cancellation.Unregister();
        return true;
    }

    public void Fail(Exception exception)
    {
        if (_completion.TrySetException(exception))
            _cancellation.Unregister();
    }

    public void Cancel(CancellationToken token) => _completion.TrySetCanceled(token);

    /// <summary>Releases the input. Only for the code that took the item.</summary>
    public TInput TakeInput()
    {
        var taken = Input;
        Input = default!;
        return taken;
    }
}
