using ClipGrpc.Models.Hub;

namespace ClipGrpc.FunctionalTests.Hub;

public sealed class PercentStepsTests
{
    [Fact]
    public void Advance_ManySmallMoves_TellsEveryTenthOnce()
    {
        var steps = new PercentSteps();
        steps.Start("a", 250, 1000);

        var told = Enumerable.Range(26, 75)
            .Select(i => steps.Advance("a", i * 10, 1000))
            .Where(percent => percent is not null);

        Assert.Equal([30, 40, 50, 60, 70, 80, 90], told);
    }

    [Fact]
    public void Advance_EmptyAndHugeFiles_AreFine()
    {
        var steps = new PercentSteps();
        steps.Start("empty", 0, 0);
        steps.Start("huge", 0, long.MaxValue / 10);

        Assert.Null(steps.Advance("empty", 0, 0));
        Assert.Equal(50, steps.Advance("huge", long.MaxValue / 20 + 1, long.MaxValue / 10));
    }
}
