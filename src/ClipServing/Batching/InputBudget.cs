namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Bounds the bytes of the inputs of all callers that are on their way to their answer. The queues bound their number
/// only, and a thousand files of 32 MiB would be 32 GiB.
/// </summary>
internal sealed class InputBudget(long capacity, TimeProvider time)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    private long _taken;

    /// <summary>Takes room, to be given back with <see cref="Leave"/>.</summary>
    /// <exception cref="ClipException">Overloaded: there is no room, and the caller does not wait for any.</exception>
    public Task EnterAsync(long bytes, WorkContext context) =>
        TryEnter(bytes) ? Task.CompletedTask : Admission.EnterAsync(() => Enter(bytes), context, time);

    public void Leave(long bytes) => Interlocked.Add(ref _taken, -bytes);

    private bool TryEnter(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= capacity)
            return true;

        Leave(bytes);
        return false;
    }

    private Task<bool> Enter(long bytes) => TryEnter(bytes)
        ? Task.FromResult(true)
        : throw new ClipException(
            ClipErrorCode.Overloaded, $"The inputs that wait for their answer have {capacity:N0} bytes already.")
        {
            RetryAfter = RetryAfter,
        };
}
