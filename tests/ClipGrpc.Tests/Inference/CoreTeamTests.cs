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
    public async Task Run_OtherThreadsBusy_RunsAllPartsOnItsOwn()
    {
        var team = CoreTeam.Of(4);
        using var busy = new CountdownEvent(4);
        using var release = new ManualResetEventSlim();
        var other = Task.Factory.StartNew(
            () => team.Run(4, _ =>
            {
                busy.Signal();
                release.Wait(Limit);
            }),
            TaskCreationOptions.LongRunning);
        Assert.True(busy.Wait(Limit));

        var threads = new HashSet<int>();
        team.Run(4, _ => threads.Add(Environment.CurrentManagedThreadId));

        Assert.Equal([Environment.CurrentManagedThreadId], threads);
        release.Set();
        await other.WaitAsync(Limit);
    }
}
