namespace ClipGrpc.Serving.Budget;

/// <summary>
/// Notices that memory is worth giving back to the system, which costs too much between two requests: a burst is over,
/// or there is nearly nothing to do, and the process has more memory than it once needed.
/// </summary>
internal sealed class BurstWatch(MemoryBudget budget)
{
    /// <summary>What is reserved at once, without being a burst.</summary>
    private const long SmallBurst = 32 * 1024 * 1024;

    /// <summary>What is reserved from check to check where there is nearly nothing to do.</summary>
    private const long IdleBytes = 1024 * 1024;

    /// <summary>Checks in a row that must find the same.</summary>
    private const int QuietChecks = 2;

    /// <summary>Some buffers are given up only after a while by what owns them, so once may not be enough.</summary>
    private const int MaxTrims = 3;

    private long _burst;
    private long _least = long.MaxValue;
    private int _quiet;
    private int _trims;

    /// <summary>To be called at regular intervals.</summary>
    /// <param name="workingSet">Bytes of memory that the process has.</param>
    /// <returns>True: it is time.</returns>
    public bool IsTime(long workingSet)
    {
        var (peak, reserved) = (0L, 0L);
        foreach (var (_, share) in budget.Shares)
        {
            peak += share.TakePeak();
            reserved += share.TakeReserved();
        }

        if (peak > SmallBurst || reserved > IdleBytes)
            _trims = 0;
        _burst = Math.Max(_burst, peak);
        var isOver = _burst > SmallBurst && peak <= _burst / 4;
        var isIdle = peak <= SmallBurst && reserved <= IdleBytes
            && workingSet / 8 * 7 > _least && _trims < MaxTrims;
        _quiet = isOver || isIdle ? _quiet + 1 : 0;
        return _quiet >= QuietChecks;
    }

    /// <summary>Memory was given back.</summary>
    /// <param name="workingSet">What was left.</param>
    public void Trimmed(long workingSet)
    {
        _least = Math.Min(_least, workingSet);
        (_burst, _quiet) = (0, 0);
        _trims++;
    }
}
