using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Tests.Inference;

public sealed class CoreTeamTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public void Run_AsManyPartsAsCores_RunsThemAtTheSameTime()
    {
        using var all = new Barrier(3);

        // Every part waits for all others, so that none ends before all have begun.
        CoreTeam.Of(3).Run(3, _ => Assert.True(all.SignalAndWait(Limit)));
    }

    [Fact]
    public void Run_MorePartsThanCores_RunsEachOnce()
    {
        var runs = new int[20];

        CoreTeam.Of(2).Run(runs.Length, part => Interlocked.Increment(ref runs[part]));

        Assert.All(runs, count => Assert.Equal(1, count));
    }

    [Fact]
    public void Run_PartFails_ThrowsWhenAllHaveEnded()
    {
        var ended = 0;

        var exception = Assert.Throws<InvalidOperationException>(() => CoreTeam.Of(2).Run(4, part =>
        {
            if (part == 1)
                throw new InvalidOperationException("part 1");
            Interlocked.Increment(ref ended);
        }));

        Assert.Equal("part 1", exception.Message);
        Assert.Equal(3, ended);
    }

    [Fact]
    public async Task Run_WhileOthersRun_IsAfterThem()
    {
        var team = CoreTeam.Of(4);
        using var busy = new CountdownEvent(4);
        using var release = new ManualResetEventSlim();
        var first = Start(() => team.Run(4, _ =>
        {
            busy.Signal();
            release.Wait(Limit);
        }));
        Assert.True(busy.Wait(Limit));

        var second = Start(() => team.Run(1, _ => Assert.True(release.IsSet)));
        release.Set();

        await Task.WhenAll(first, second).WaitAsync(Limit);
    }

    [Fact]
    public async Task Run_CoreHasNothingToDo_SaysSoOnceBeforeTheEnd()
    {
        var team = CoreTeam.Of(2);
        using var idle = new CountdownEvent(1);
        using var release = new ManualResetEventSlim();

        var work = Start(() => team.Run(
            2,
            part =>
            {
                if (part == 1)
                    release.Wait(Limit);
            },
            () => idle.Signal()));

        // A second call would throw.
        Assert.True(idle.Wait(Limit));
        Assert.False(work.IsCompleted);
        release.Set();
        await work.WaitAsync(Limit);
    }

    [Fact]
    public async Task Run_CoreIsIdle_BeginsTheNextParts()
    {
        var team = CoreTeam.Of(2);
        using var idle = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var ending = Start(() => team.Run(
            2,
            part =>
            {
                if (part == 1)
                    release.Wait(Limit);
            },
            idle.Set));
        Assert.True(idle.Wait(Limit));

        team.Run(2, _ => Assert.False(release.IsSet));

        release.Set();
        await ending.WaitAsync(Limit);
    }

    [Fact]
    public async Task WaitForParts_PartsRun_WaitsForThem()
    {
        var team = CoreTeam.Of(2);
        using var busy = new CountdownEvent(2);
        using var release = new ManualResetEventSlim();
        var work = Start(() => team.Run(2, _ =>
        {
            busy.Signal();
            release.Wait(Limit);
        }));
        Assert.True(busy.Wait(Limit));

        var waiting = Start(() =>
        {
            team.WaitForParts();
            Assert.True(release.IsSet);
        });
        release.Set();

        await Task.WhenAll(work, waiting).WaitAsync(Limit);
        team.WaitForParts();
    }

    private static Task Start(Action action) => Task.Factory.StartNew(action, TaskCreationOptions.LongRunning);
}
