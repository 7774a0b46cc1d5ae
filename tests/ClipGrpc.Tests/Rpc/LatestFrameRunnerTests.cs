using ClipGrpc.Server.Rpc;
using ClipGrpc.Serving.Models;
using ClipGrpc.Serving.Video;
using ClipGrpc.V1;

namespace ClipGrpc.Tests.Rpc;

public sealed class LatestFrameRunnerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Dictionary<ulong, TaskCompletionSource<FrameResult>> _runs = [];
    private readonly LatestFrameRunner<Frame, FrameResult> _runner;

    public LatestFrameRunnerTests()
    {
        for (var id = 1ul; id <= 5; id++)
            _runs[id] = new TaskCompletionSource<FrameResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _runner = new LatestFrameRunner<Frame, FrameResult>(frame => _runs[frame.FrameId].Task, FrameResult.Dropped);
    }

    private static Frame Frame(ulong id) => new() { FrameId = id };

    private void Finish(ulong id) => _runs[id].SetResult(new FrameResult(Frame(id), default(ItemResult), default));

    [Fact]
    public async Task RunAsync_NewerFrameArrives_DropsTheOneThatWaits()
    {
        var first = _runner.RunAsync(Frame(1));
        var second = _runner.RunAsync(Frame(2));
        var third = _runner.RunAsync(Frame(3));

        var dropped = await second.WaitAsync(Limit);
        Assert.Null(dropped.Item);
        Assert.Equal(2ul, dropped.Frame.FrameId);
        Assert.False(first.IsCompleted || third.IsCompleted);

        Finish(1);
        Assert.NotNull((await first.WaitAsync(Limit)).Item);
        Finish(3);
        Assert.Equal(3ul, (await third.WaitAsync(Limit)).Frame.FrameId);
    }

    [Fact]
    public async Task RunAsync_NothingWaits_DropsNothing()
    {
        for (var id = 1ul; id <= 3; id++)
        {
            var reply = _runner.RunAsync(Frame(id));
            Finish(id);
            Assert.NotNull((await reply.WaitAsync(Limit)).Item);
        }
    }

    [Fact]
    public async Task RunAsync_RunFails_TheNextOneStillRuns()
    {
        var first = _runner.RunAsync(Frame(1));
        var second = _runner.RunAsync(Frame(2));

        _runs[1].SetException(new InvalidOperationException("broken"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => first.WaitAsync(Limit));
        Finish(2);

        Assert.NotNull((await second.WaitAsync(Limit)).Item);
    }

    [Fact]
    public async Task RunAsync_WaitingRunFails_ItsReplyFails()
    {
        _ = _runner.RunAsync(Frame(1));
        var second = _runner.RunAsync(Frame(2));
        _runs[2].SetException(new InvalidOperationException("broken"));
        Finish(1);

        await Assert.ThrowsAsync<InvalidOperationException>(() => second.WaitAsync(Limit));
    }
}
