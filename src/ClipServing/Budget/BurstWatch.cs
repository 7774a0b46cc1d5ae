namespace ClipGrpc.Serving.Budget;

/// <summary>
/// Notices that a burst is over: much memory was reserved, and for a while little has been. Then is the time to give
/// memory back to the system, which costs too much between two requests.
/// </summary>
internal sealed class BurstWatch(MemoryBudget budget)
{
    /// <summary>What the process keeps anyway.</summary>
    private const long SmallBurst = 32 * 1024 * 1024;

    /// <summary>Checks in a row with little memory in use.</summary>
    private const int QuietChecks = 2;

    private long _burst;
    private int _quiet;

    /// <summary>To be called at regular intervals.</summary>
    /// <returns>True once after each burst.</returns>
    public bool IsOver()
    {
        var peak = budget.Shares.Sum(entry => entry.Share.TakePeak());
        _burst = Math.Max(_burst, peak);
        if (_burst < SmallBurst || peak > _burst / 4)
        {
            _quiet = 0;
            return false;
        }

        if (++_quiet < QuietChecks)
            return false;

        (_burst, _quiet) = (0, 0);
        return true;
    }
}
