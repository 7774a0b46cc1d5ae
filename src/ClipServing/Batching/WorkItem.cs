namespace ClipGrpc.Serving.Batching;

/// <summary>
/// One entry of a lane and the promise to its caller. It is waiting until exactly one of three takes it: a batch, its
/// caller's cancellation, or the lane that turns it away. The promise is kept once, whoever comes first.
/// </summary>
internal sealed class WorkItem<TInput> : TaskCompletionSource<EmbeddingResult>
{
    private readonly LaneQueue<TInput> _queue;
    private readonly Action<DropReason> _dropped;
    private readonly Action<TInput>? _release;
    private CancellationTokenRegistration _cancellation;
    private int _taken;
    private long _deadline;

    /// <param name="dropped">Called when the caller's cancellation takes the entry out of its queue.</param>
    /// <param name="release">Called with the input when nobody will look at it again.</param>
    public WorkItem(
        TInput input, LaneQueue<TInput> queue, long enqueued, long deadline, Action<DropReason> dropped,
        Action<TInput>? release)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        Input = input;
        Enqueued = enqueued;
        _deadline = deadline;
        _queue = queue;
        _dropped = dropped;
        _release = release;
        queue.CountWaiting();
    }

    /// <summary>Only for who took the entry.</summary>
    public TInput Input { get; private set; }

    public WorkPriority Priority => _queue.Priority;

    /// <summary>What the entry is padded to at least.</summary>
    public int Length => _queue.Length;

    public long Enqueued { get; }

    public long Deadline => Volatile.Read(ref _deadline);

    public bool IsWaiting => Volatile.Read(ref _taken) == 0;

    /// <summary>Only before the entry is put into its queue.</summary>
    public void CancelWith(CancellationToken token)
    {
        if (token.CanBeCanceled)
            _cancellation = token.UnsafeRegister(static (item, token) => ((WorkItem<TInput>)item!).Cancel(token), this);
    }

    /// <summary>Lets the entry wait longer; a deadline never comes nearer.</summary>
    public void ExtendDeadline(long deadline)
    {
        var current = Deadline;
        while (deadline > current)
        {
            var seen = Interlocked.CompareExchange(ref _deadline, deadline, current);
            if (seen == current)
                return;
            current = seen;
        }
    }

    /// <summary>True for the one who takes the entry out of the waiting ones.</summary>
    public bool TryTake()
    {
        if (Interlocked.Exchange(ref _taken, 1) != 0)
            return false;
        _queue.CountTaken();
        return true;
    }

    public void Succeed(EmbeddingResult result)
    {
        if (TrySetResult(result))
            _cancellation.Unregister();
    }

    public void Fail(Exception exception)
    {
        if (TrySetException(exception))
            _cancellation.Unregister();
    }

    /// <summary>Ends an entry that will not be run. Only for who took it.</summary>
    public void TurnAway(ClipException error)
    {
        ReleaseInput();
        Fail(error);
    }

    /// <summary>Gives the input back. Only for who took the entry, and once.</summary>
    public void ReleaseInput()
    {
        _release?.Invoke(Input);
        Input = default!;
    }

    /// <summary>Lets go of an entry that no queue took.</summary>
    public void Discard() => _cancellation.Unregister();

    private void Cancel(CancellationToken token)
    {
        if (TryTake())
        {
            ReleaseInput(); // the entry stays in its queue until a batch passes by; its pixels need not
            _dropped(DropReason.Cancelled);
        }

        TrySetCanceled(token);
    }
}
