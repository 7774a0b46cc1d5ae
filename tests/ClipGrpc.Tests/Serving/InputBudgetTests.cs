using ClipGrpc.Serving.Batching;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Serving;

public sealed class InputBudgetTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly WorkContext Call = new(WorkPriority.Interactive, null, CancellationToken.None);

    private readonly FakeTimeProvider _time = new();
    private readonly InputBudget _budget;

    public InputBudgetTests() => _budget = new InputBudget(100, _time);

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
        while (!entering.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        await entering.WaitAsync(Limit);
    }
}
