using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Serving;

public sealed class InputBudgetTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly WorkContext Call = new(WorkPriority.Interactive, null, CancellationToken.None);

    private readonly InputBudget _budget = new(100);

    [Fact(Timeout = 30_000)]
    public async Task EnterAsync_NoRoom_IsOverloadedUntilSomeoneLeaves()
    {
        await _budget.EnterAsync(60, Call);

        var error = await Assert.ThrowsAsync<ClipException>(() => _budget.EnterAsync(41, Call));

        Assert.Equal(ClipErrorCode.Overloaded, error.Code);
        Assert.NotNull(error.RetryAfter);
        await _budget.EnterAsync(40, Call);
        _budget.Leave(60);
        await _budget.EnterAsync(60, Call);
    }

    [Fact(Timeout = 30_000)]
    public async Task EnterAsync_NoRoomForAStream_Waits()
    {
        await _budget.EnterAsync(100, Call);
        var entering = _budget.EnterAsync(1, Call with { WaitsForRoom = true });
        Assert.False(entering.IsCompleted);

        _budget.Leave(100);
        await entering.WaitAsync(Limit);
    }

    [Fact(Timeout = 30_000)]
    public async Task EnterAsync_SeveralWait_EnterInTheOrderOfArrivalAndNobodyOvertakes()
    {
        await _budget.EnterAsync(100, Call);
        var large = _budget.EnterAsync(80, Call with { WaitsForRoom = true });
        var small = _budget.EnterAsync(30, Call with { WaitsForRoom = true });

        _budget.Leave(50);

        await Assert.ThrowsAsync<ClipException>(() => _budget.EnterAsync(1, Call));
        Assert.False(large.IsCompleted || small.IsCompleted);
        _budget.Leave(30);
        await large.WaitAsync(Limit);
        Assert.False(small.IsCompleted);
        _budget.Leave(80);
        await small.WaitAsync(Limit);
    }

    [Fact(Timeout = 30_000)]
    public async Task EnterAsync_CallerLeavesWhileItWaits_EndsAtOnceAndLetsTheNextOneIn()
    {
        using var caller = new CancellationTokenSource();
        await _budget.EnterAsync(60, Call);
        var gone = _budget.EnterAsync(80, Call with { WaitsForRoom = true, CancellationToken = caller.Token });
        var next = _budget.EnterAsync(40, Call with { WaitsForRoom = true });

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.WaitAsync(Limit));
        await next.WaitAsync(Limit);
        await Assert.ThrowsAsync<ClipException>(() => _budget.EnterAsync(1, Call));
    }
}
