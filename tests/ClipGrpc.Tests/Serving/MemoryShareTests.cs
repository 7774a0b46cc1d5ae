using ClipGrpc.Serving.Budget;
using static ClipGrpc.Serving.Budget.SizeClass;

namespace ClipGrpc.Tests.Serving;

public sealed class MemoryShareTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly MemoryShare _share = new(100);

    [Fact]
    public void TryReserve_NoRoom_IsRefusedUntilSomeIsGivenBack()
    {
        Assert.True(_share.TryReserve(60, Small));

        Assert.False(_share.TryReserve(41, Small));

        _share.Release(20, Small);
        Assert.True(_share.TryReserve(41, Small));
        Assert.Equal(81, _share.Used);
    }

    [Fact]
    public void TryReserve_Large_LeavesAQuarterToSmallOnes()
    {
        Assert.True(_share.TryReserve(75, Large));

        Assert.False(_share.TryReserve(1, Large));

        Assert.True(_share.TryReserve(25, Small));
    }

    [Fact]
    public void TryReserve_MoreThanTheShare_FitsWhenNothingIsReserved()
    {
        Assert.True(_share.TryReserve(1_000, Large));

        Assert.False(_share.TryReserve(1, Small));
        _share.Release(1_000, Large);
        Assert.Equal(0, _share.Used);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReserveAsync_SeveralWait_EnterInTheOrderOfArrivalAndNobodyOvertakes()
    {
        Assert.True(_share.TryReserve(100, Small));
        var first = _share.ReserveAsync(80, Small, CancellationToken.None);
        var second = _share.ReserveAsync(30, Small, CancellationToken.None);

        _share.Release(50, Small);

        Assert.False(_share.TryReserve(1, Small));
        Assert.False(first.IsCompleted || second.IsCompleted);
        Assert.Equal(2, _share.Waiting);
        _share.Release(30, Small);
        await first.WaitAsync(Limit);
        Assert.False(second.IsCompleted);
        _share.Release(80, Small);
        await second.WaitAsync(Limit);
    }

    /// <summary>A flood of unfinished large messages must not stop the small ones of others.</summary>
    [Fact(Timeout = 30_000)]
    public async Task ReserveAsync_LargeOnesWait_SmallOnesPassWithinTheirQuarter()
    {
        Assert.True(_share.TryReserve(70, Large));
        var large = _share.ReserveAsync(70, Large, CancellationToken.None);

        await _share.ReserveAsync(25, Small, CancellationToken.None).WaitAsync(Limit);

        var more = _share.ReserveAsync(1, Small, CancellationToken.None);
        Assert.False(large.IsCompleted || more.IsCompleted);
        _share.Release(70, Large);
        Assert.False(large.IsCompleted); // 95 would be more than three quarters
        _share.Release(20, Small);
        await large.WaitAsync(Limit);
        await more.WaitAsync(Limit);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReserveAsync_CallerLeavesWhileItWaits_EndsAtOnceAndLetsTheNextOneIn()
    {
        using var caller = new CancellationTokenSource();
        Assert.True(_share.TryReserve(60, Small));
        var gone = _share.ReserveAsync(80, Small, caller.Token);
        var next = _share.ReserveAsync(40, Small, CancellationToken.None);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.WaitAsync(Limit));
        await next.WaitAsync(Limit);
        Assert.Equal(100, _share.Used);
    }

    [Fact(Timeout = 30_000)]
    public async Task Resize_Larger_LetsInWhatWaits()
    {
        Assert.True(_share.TryReserve(90, Small));
        var waiting = _share.ReserveAsync(20, Small, CancellationToken.None);

        _share.Resize(110);

        await waiting.WaitAsync(Limit);
    }

    [Theory]
    [InlineData(1L << 30)]
    [InlineData(256L << 20)]
    [InlineData(0)]
    public void MemoryBudget_AnyTotal_IsDividedWholeAndHasRoomForALargestMessage(long total)
    {
        const int Largest = 32 << 20;
        var budget = new MemoryBudget(total, Largest);

        Assert.Equal(Math.Max(total, MemoryBudget.MinimumFor(Largest)), budget.Total);
        Assert.True(budget.Compressed.TryReserve(Largest, Large));
        Assert.True(budget.Messages.TryReserve(MemoryBudget.CostOf(Largest), Large));
        Assert.True(budget.Responses.TryReserve(Largest, Large));
        Assert.Equal(Largest + MemoryBudget.CostOf(Largest) + Largest, budget.Used);
    }

    [Fact]
    public void Derive_ModelsTakeMoreThanThereIs_IsZero()
    {
        Assert.Equal(0, MemoryBudget.Derive(available: 100, taken: 200));
        Assert.Equal(300, MemoryBudget.Derive(available: 1_000, taken: 600));
    }
}
