namespace ClipGrpc.Serving.Batching;

/// <summary>One item with the promise to its caller, which is kept once, whoever comes first.</summary>
internal sealed class WorkItem<TInput, TResult>(TInput input, WorkPriority priority, int length)
    : WaitingItem(priority, length)
{
    private readonly TaskCompletionSource<TResult> _completion =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CancellationTokenRegistration _cancellation;

    /// <summary>Only for who took the item.</summary>
    public TInput Input { get; private set; } = input;

    public Task<TResult> Task => _completion.Task;

    /// <summary>A batch has it, or its caller left, or it was turned away. The batcher's lock guards it.</summary>
    public bool IsTaken { get; set; }

    public void CancelWith(DynamicBatcher<TInput, TResult> batcher, CancellationToken token)
    {
        if (token.CanBeCanceled)
            _cancellation = token.UnsafeRegister((_, canceled) => batcher.Cancel(this, canceled), null);
    }

    /// <summary>The caller's cancellation does not matter any more.</summary>
    public void Discard() => _cancellation.Unregister();

    /// <returns>False when its caller is gone.</returns>
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

    /// <summary>Lets go of the input. Only for who took the item.</summary>
    public TInput TakeInput()
    {
        var taken = Input;
        Input = default!;
        return taken;
    }
}
