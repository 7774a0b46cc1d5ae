namespace ClipGrpc.Serving.Batching;

/// <summary>
/// Work that several callers wait for. It has the latest of their deadlines and is scheduled as work of one of them.
/// </summary>
/// <param name="sync">Its owner's lock, which guards the callers.</param>
/// <param name="first">The caller that started it.</param>
internal sealed class SharedWork(Lock sync, WorkContext first)
{
    // Not disposed, because it holds no timer and no handle.
    private readonly CancellationTokenSource _abandoned = new();

    private readonly List<CallerKey> _callers = [first.Caller];
    private WorkContext _latest = first;
    private Action<WorkContext>? _joined;
    private int _turn;

    public WorkPriority Priority { get; } = first.Priority;

    public bool WaitsForRoom { get; } = first.WaitsForRoom;

    /// <summary>Canceled when all callers have left.</summary>
    public CancellationToken Abandoned => _abandoned.Token;

    /// <summary>The context for all callers. It has no deadline if one of them has none.</summary>
    public WorkContext Context
    {
        get
        {
            lock (sync)
                return _latest with { CancellationToken = Abandoned };
        }
    }

    /// <summary>Returns the waiting caller whose turn it is, for the next part of the work.</summary>
    public CallerKey TakeTurn()
    {
        lock (sync)
            return _callers.Count == 0 ? _latest.Caller : _callers[_turn++ % _callers.Count];
    }

    /// <summary>
    /// Calls <paramref name="joined"/> for each caller that joins, and now if one has joined since
    /// <paramref name="known"/>.
    /// </summary>
    public void Follow(WorkContext known, Action<WorkContext> joined)
    {
        lock (sync)
        {
            _joined = joined;
            var latest = _latest with { CancellationToken = Abandoned };
            if (latest != known)
                joined(latest);
        }
    }

    /// <summary>Adds a caller.</summary>
    public void Join(WorkContext context)
    {
        lock (sync)
        {
            _callers.Add(context.Caller);
            _latest = _latest with
            {
                Caller = context.Caller,
                Group = _latest.Group == context.Group ? context.Group : null,
                Deadline = Later(_latest.Deadline, context.Deadline),
                Expiry = context.Deadline is null ? Later(_latest.Expiry, context.Expiry) : _latest.Expiry,
            };
            _joined?.Invoke(_latest with { CancellationToken = Abandoned });
        }
    }

    /// <summary>Removes a caller that no longer waits.</summary>
    /// <returns>Whether it was the last one.</returns>
    public bool Leave(WorkContext context)
    {
        lock (sync)
        {
            _callers.Remove(context.Caller);
            return _callers.Count == 0;
        }
    }

    public void Abandon() => _abandoned.Cancel();

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null || other is null ? null : one > other ? one : other;
}
