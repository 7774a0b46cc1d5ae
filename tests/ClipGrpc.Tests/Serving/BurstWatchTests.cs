using ClipGrpc.Serving.Budget;

namespace ClipGrpc.Tests.Serving;

public sealed class BurstWatchTests
{
    private const long Idle = 200L << 20;
    private const long Burst = 100L << 20;

    private readonly MemoryBudget _budget = new(1L << 30, 32 << 20);
    private readonly BurstWatch _watch;

    public BurstWatchTests()
    {
        _watch = new BurstWatch(_budget);
        _watch.Trimmed(Idle);
    }

    [Fact]
    public void IsTime_BurstIsOver_IsTrueAfterItStayedQuiet()
    {
        _budget.Messages.TryReserve(Burst, SizeClass.Large);
        Assert.False(_watch.IsTime(Idle + Burst));
        Assert.False(_watch.IsTime(Idle + Burst)); // still reserved
        _budget.Messages.Release(Burst, SizeClass.Large);

        Assert.False(_watch.IsTime(Idle + Burst)); // its end is within the last interval
        Assert.False(_watch.IsTime(Idle + Burst));
        Assert.True(_watch.IsTime(Idle + Burst));
    }

    [Fact]
    public void IsTime_SmallRequestsGoOnAfterABurst_IsTrueAllTheSame()
    {
        Use(Burst);
        _watch.IsTime(Idle);

        Use(10 << 20);
        Assert.False(_watch.IsTime(Idle));
        Use(10 << 20);
        Assert.True(_watch.IsTime(Idle));
    }

    /// <summary>Garbage of many small requests is none of the budget's.</summary>
    [Fact]
    public void IsTime_NothingToDoAndMoreMemoryThanOnce_IsTrueAFewTimes()
    {
        var trims = 0;
        for (var i = 0; i < 20; i++)
        {
            if (_watch.IsTime(Idle * 3 / 2))
            {
                _watch.Trimmed(Idle * 3 / 2);
                trims++;
            }
        }

        Assert.Equal(2, trims); // and the one of the start
    }

    [Fact]
    public void IsTime_SteadyLoad_IsNever()
    {
        for (var i = 0; i < 20; i++)
        {
            Use(20 << 20);
            Assert.False(_watch.IsTime(2 * Idle));
        }
    }

    [Fact]
    public void IsTime_NothingToDoAndLittleMemory_IsNever()
    {
        for (var i = 0; i < 20; i++)
            Assert.False(_watch.IsTime(Idle + (Idle / 10)));
    }

    private void Use(long bytes)
    {
        Assert.True(_budget.Messages.TryReserve(bytes, SizeClass.Large));
        _budget.Messages.Release(bytes, SizeClass.Large);
    }
}
