using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Serving.Texts;

/// <summary>
/// One text in flight and all who wait for it. It runs until its latest waiter's deadline and is given up when the last
/// waiter is gone. Its owner's lock guards the members that change.
/// </summary>
internal sealed class SharedText
{
    // Holds nothing that needs disposal: no timer, no handle.
    private readonly CancellationTokenSource _abandoned = new();

    private readonly TaskCompletionSource<TextEmbedding> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SharedText(string text, WorkContext first)
    {
        Text = text;
        Priority = first.Priority;
        Deadline = first.Deadline;
    }

    public string Text { get; }

    public WorkPriority Priority { get; }

    /// <summary>Null: someone waits without end.</summary>
    public DateTimeOffset? Deadline { get; private set; }

    public int Waiters { get; set; } = 1;

    /// <summary>The lane's entry, from the moment it was submitted.</summary>
    public WorkItem<ReadOnlyMemory<int>>? Item { get; set; }

    public Task<TextEmbedding> Task => _done.Task;

    public CancellationToken Abandoned => _abandoned.Token;

    /// <summary>True when the deadline moved.</summary>
    public bool ExtendDeadline(DateTimeOffset? deadline)
    {
        if (Deadline is null || deadline <= Deadline)
            return false;
        Deadline = deadline;
        return true;
    }

    public void Succeed(TextEmbedding embedding) => _done.TrySetResult(embedding);

    public void Fail(Exception exception)
    {
        _done.TrySetException(exception);
        _ = _done.Task.Exception; // its waiters may all be gone; the failure is known here
    }

    public void Abandon() => _abandoned.Cancel();
}
