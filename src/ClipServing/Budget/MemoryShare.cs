namespace ClipGrpc.Serving.Budget;

/// <summary>
/// A part of the memory budget. Bytes are reserved before they are allocated; a reservation that does not fit waits, in
/// the order of arrival within its size class. Large reservations together leave a quarter of the share to small ones.
/// Small ones take more than that quarter only while no large one waits, so neither size class starves the other.
/// </summary>
/// <remarks>
/// A reservation that is larger than the share, or than the part of its size class, is granted when the share is
/// unused. To prevent deadlocks, callers must use the shares in the same order, and reserve all that they need of a
/// share in one reservation.
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
    public bool TryReserve(long bytes, SizeClass sizeClass)
    {
        lock (_lock)
        {
            if (LineOf(sizeClass).Count > 0 || !Fits(bytes, sizeClass))
                return false;

            Take(bytes, sizeClass);
            return true;
        }
    }

    /// <summary>Reserves bytes, to be given back with <see cref="Release"/>, as soon as there is room.</summary>
    /// <exception cref="OperationCanceledException">The caller waits no more; nothing is reserved.</exception>
    public Task ReserveAsync(long bytes, SizeClass sizeClass, CancellationToken cancellationToken)
    {
        LinkedListNode<Waiter> waiter;
        lock (_lock)
        {
            if (LineOf(sizeClass).Count == 0 && Fits(bytes, sizeClass))
            {
                Take(bytes, sizeClass);
                return Task.CompletedTask;
            }

            waiter = LineOf(sizeClass).AddLast(new Waiter(bytes, sizeClass));
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Gives back bytes that were reserved in this size class, all or some of them.</summary>
    public void Release(long bytes, SizeClass sizeClass)
    {
        lock (_lock)
        {
            Take(-bytes, sizeClass);
            LetIn();
        }
    }

    private long ForSmall => _capacity / 4;

    private LinkedList<Waiter> LineOf(SizeClass sizeClass) => sizeClass == SizeClass.Small ? _small : _large;

    private bool Fits(long bytes, SizeClass sizeClass)
    {
        var used = _usedSmall + _usedLarge;
        if (used == 0)
            return true;

        return sizeClass == SizeClass.Small
            ? used + bytes <= _capacity && (_large.Count == 0 || _usedSmall + bytes <= ForSmall)
            : used + bytes <= _capacity - ForSmall;
    }

    private void Take(long bytes, SizeClass sizeClass)
    {
        if (sizeClass == SizeClass.Small)
            _usedSmall += bytes;
        else
            _usedLarge += bytes;
        _reserved += Math.Max(bytes, 0);
        _peak = Math.Max(_peak, _usedSmall + _usedLarge);
    }

    private void LetIn()
    {
        while (_large.First is { } first && Fits(first.Value.Bytes, SizeClass.Large))
            LetIn(_large, first);
        while (_small.First is { } first && Fits(first.Value.Bytes, SizeClass.Small))
            LetIn(_small, first);
    }

    private void LetIn(LinkedList<Waiter> line, LinkedListNode<Waiter> waiter)
    {
        line.Remove(waiter);
        Take(waiter.Value.Bytes, waiter.Value.SizeClass);
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
                Take(-waiter.Value.Bytes, waiter.Value.SizeClass);
            LetIn();
        }
    }

    private sealed record Waiter(long Bytes, SizeClass SizeClass)
    {
        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
