using ClipGrpc.Serving.Video;

namespace ClipGrpc.Tests.Video;

public sealed class TurnsTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Turns _turns = new();

    [Fact]
    public async Task WhenTurn_EarlierOnesHaveNotLeft_Waits()
    {
        var (first, second, third) = (_turns.Enter(), _turns.Enter(), _turns.Enter());
        await _turns.WhenTurn(first).WaitAsync(Limit);
        var (waitingSecond, waitingThird) = (_turns.WhenTurn(second), _turns.WhenTurn(third));
        Assert.False(waitingSecond.IsCompleted);
        _turns.Leave(first);
        await waitingSecond.WaitAsync(Limit);
        Assert.False(waitingThird.IsCompleted);
        _turns.Leave(second);
        await waitingThird.WaitAsync(Limit);
    }

    [Fact]
    public async Task Leave_BeforeItsTurn_IsCountedWhenItComes()
    {
        var (first, second, third) = (_turns.Enter(), _turns.Enter(), _turns.Enter());
        _turns.Leave(second);
        _turns.Leave(second);
        var waiting = _turns.WhenTurn(third);
        Assert.False(waiting.IsCompleted);
        _turns.Leave(first);
        await waiting.WaitAsync(Limit);
        _turns.Leave(first);
        _turns.Leave(third);
        await _turns.WhenTurn(_turns.Enter()).WaitAsync(Limit);
    }

    [Fact]
    public void CompletedFrames_OutOfOrder_CountsTheFirstWithoutAGap()
    {
        var completed = new CompletedFrames();
        completed.Add(1);
        completed.Add(2);
        Assert.Equal(0, completed.First);
        completed.Add(0);
        Assert.Equal(3, completed.First);
    }
}
