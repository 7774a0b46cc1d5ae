namespace ClipGrpc.Serving.Batching;

/// <summary>Work that several callers wait for: it has the latest of their deadlines.</summary>
/// <param name="sync">Its owner's lock, which guards the deadline.</param>
/// <param name="first">The caller that started it.</param>
internal sealed class SharedWork(Lock sync, WorkContext first)
{
    // Holds nothing that needs disposal: no timer, no handle.
    private readonly CancellationTokenSource _abandoned = new();

    private DateTimeOffset? _deadline = first.Deadline;
    private Action<DateTimeOffset?>? _extend;

    public WorkPriority Priority => first.Priority;

    public bool WaitsForRoom => first.WaitsForRoom;

    /// <summary>Fires when no caller waits any more.</summary>
    public CancellationToken Abandoned => _abandoned.Token;

    /// <summary>Null: a caller waits without a deadline.</summary>
    public DateTimeOffset? Deadline
    {
        get
        {
            lock (sync)
                return _deadline;
        }
    }

    /// <summary>Calls <paramref name="extend"/> for every deadline after the one that is known already.</summary>
    public void FollowDeadline(DateTimeOffset? known, Action<DateTimeOffset?> extend)
    {
        lock (sync)
        {
            _extend = extend;
            if (_deadline != known)
                extend(_deadline);
        }
    }

    /// <summary>Another caller joins.</summary>
    public void ExtendDeadline(DateTimeOffset? deadline)
    {
        lock (sync)
        {
            if (_deadline is null || deadline <= _deadline)
                return;

            _deadline = deadline;
            _extend?.Invoke(deadline);
        }
    }

    public void Abandon() => _abandoned.Cancel();
}
