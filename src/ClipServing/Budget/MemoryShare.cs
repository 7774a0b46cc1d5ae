namespace ClipGrpc.Serving.Budget;

/// <summary>
/// A part of the memory budget. Bytes are reserved before they are allocated; what does not fit waits, in the order of
/// arrival within its lane. Large reservations together leave a quarter of the share to small ones. Small ones take
/// more than that quarter only while no large one waits, so neither lane starves the other.
/// </summary>
/// <remarks>
/// Whatever is larger than the share, or than its lane's part, gets its turn when the share is unused. Callers must
/// keep to one order of the shares, and reserve from one share at once all that they need of it: then whoever holds a
/// reservation can finish, and no waiting is forever.
/// </remarks>
internal sealed class MemoryShare(long capacity)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _small = new();
    private readonly LinkedList<Waiter> _large = new();
    private long _capacity = capacity;
    private long _usedSmall;
    private long _usedLarge;
    private long _peak;
    private long _reserved;

    public long Capacity
    {
        get
        {
            lock (_lock)
                return _capacity;
        }
    }

    /// <summary>The largest reservation that gets its turn while the share is used by others.</summary>
    public long Largest
    {
        get
        {
            lock (_lock)
                return _capacity - ForSmall;
        }
    }

    public long Used
    {
        get
        {
            lock (_lock)
                return _usedSmall + _usedLarge;
        }
    }

    /// <summary>The most that was reserved since it was asked last.</summary>
    public long TakePeak()
    {
        lock (_lock)
        {
            var peak = _peak;
            _peak = _usedSmall + _usedLarge;
            return peak;
        }
    }

    /// <summary>All that was reserved since it was asked last.</summary>
    public long TakeReserved()
    {
        lock (_lock)
        {
            var reserved = _reserved;
            _reserved = 0;
            return reserved;
        }
    }

    /// <summary>Reservations that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _small.Count + _large.Count;
        }
    }

    /// <summary>What is reserved already stays, even if it is more than the new capacity.</summary>
    public void Resize(long newCapacity)
    {
        lock (_lock)
        {
            _capacity = newCapacity;
            LetIn();
        }
    }

    /// <returns>False: there is no room, or others wait for it already.</returns>
    public bool TryReserve(long bytes, MemoryLane lane)
    {
        lock (_lock)
        {
            if (LineOf(lane).Count > 0 || !Fits(bytes, lane))
                return false;

            Take(bytes, lane);
            return true;
        }
    }

    /// <summary>Reserves bytes, to be given back with <see cref="Release"/>, as soon as there is room.</summary>
    /// <exception cref="OperationCanceledException">The caller waits no more; nothing is reserved.</exception>
    public Task ReserveAsync(long bytes, MemoryLane lane, CancellationToken cancellationToken)
    {
        LinkedListNode<Waiter> waiter;
        lock (_lock)
        {
            if (LineOf(lane).Count == 0 && Fits(bytes, lane))
            {
                Take(bytes, lane);
                return Task.CompletedTask;
            }

            waiter = LineOf(lane).AddLast(new Waiter(bytes, lane));
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Gives back bytes that were reserved in this lane, all or some of them.</summary>
    public void Release(long bytes, MemoryLane lane)
    {
        lock (_lock)
        {
            Take(-bytes, lane);
            LetIn();
        }
    }

    private long ForSmall => _capacity / 4;

    private LinkedList<Waiter> LineOf(MemoryLane lane) => lane == MemoryLane.Small ? _small : _large;

    private bool Fits(long bytes, MemoryLane lane)
    {
        var used = _usedSmall + _usedLarge;
        if (used == 0)
            return true;

        return lane == MemoryLane.Small
            ? used + bytes <= _capacity && (_large.Count == 0 || _usedSmall + bytes <= ForSmall)
            : used + bytes <= _capacity - ForSmall;
    }

    private void Take(long bytes, MemoryLane lane)
    {
        if (lane == MemoryLane.Small)
            _usedSmall += bytes;
        else
            _usedLarge += bytes;
        _reserved += Math.Max(bytes, 0);
        _peak = Math.Max(_peak, _usedSmall + _usedLarge);
    }

    private void LetIn()
    {
        while (_large.First is { } first && Fits(first.Value.Bytes, MemoryLane.Large))
            LetIn(_large, first);
        while (_small.First is { } first && Fits(first.Value.Bytes, MemoryLane.Small))
            LetIn(_small, first);
    }

    private void LetIn(LinkedList<Waiter> line, LinkedListNode<Waiter> waiter)
    {
        line.Remove(waiter);
        Take(waiter.Value.Bytes, waiter.Value.Lane);
        waiter.Value.Entered.SetResult();
    }

    private async Task WaitAsync(LinkedListNode<Waiter> waiter, CancellationToken cancellationToken)
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
    private void Withdraw(LinkedListNode<Waiter> waiter)
    {
        lock (_lock)
        {
            if (waiter.List is { } line)
                line.Remove(waiter);
            else
                Take(-waiter.Value.Bytes, waiter.Value.Lane);
            LetIn();
        }
    }

    private sealed record Waiter(long Bytes, MemoryLane Lane)
    {
        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
