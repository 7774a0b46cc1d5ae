using ClipGrpc.Cli.Video;

namespace ClipGrpc.FunctionalTests.Cli.Video;

public sealed class LatestFramesTests
{
    [Fact(Timeout = 30_000)]
    public async Task Take_FastAndSlowSource_TakesTurnsAndTheNewest()
    {
        var token = TestContext.Current.CancellationToken;
        var frames = new LatestFrames<string>(2);

        Assert.Null(frames.Put(0, "fast 1"));
        Assert.Equal("fast 1", frames.Put(0, "fast 2"));
        Assert.Null(frames.Put(1, "slow 1"));
        Assert.Equal("fast 2", await frames.TakeAsync(token));
        Assert.Null(frames.Put(0, "fast 3"));

        Assert.Equal("slow 1", await frames.TakeAsync(token));
        Assert.Equal("fast 3", await frames.TakeAsync(token));
    }

    [Fact(Timeout = 30_000)]
    public async Task Take_Completed_GivesWhatIsThereAndThenNothing()
    {
        var token = TestContext.Current.CancellationToken;
        var frames = new LatestFrames<string>(1);
        frames.Put(0, "last");
        frames.Complete();

        Assert.Equal("last", await frames.TakeAsync(token));
        Assert.Null(await frames.TakeAsync(token));
    }

    [Fact(Timeout = 30_000)]
    public async Task Take_Empty_WaitsForAFrame()
    {
        var token = TestContext.Current.CancellationToken;
        var frames = new LatestFrames<string>(1);

        var taking = frames.TakeAsync(token).AsTask();
        Assert.False(taking.IsCompleted);
        frames.Put(0, "frame");

        Assert.Equal("frame", await taking.WaitAsync(token));
    }
}
