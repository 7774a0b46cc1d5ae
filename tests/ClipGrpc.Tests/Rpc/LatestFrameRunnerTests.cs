using ClipGrpc.Serving.Video;

namespace ClipGrpc.Tests.Rpc;

public sealed class LatestFrameRunnerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Dictionary<ulong, TaskCompletionSource<TestResult>> _runs = [];
    private readonly LatestFrameRunner<TestFrame, TestResult> _runner;

    public LatestFrameRunnerTests()
    {
        for (var id = 1ul; id <= 5; id++)
            _runs[id] = new TaskCompletionSource<TestResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _runner = new LatestFrameRunner<TestFrame, TestResult>(
            frame => _runs[frame.FrameId].Task, frame => new TestResult(frame, null));
    }

    private static TestFrame Frame(ulong id) => new(id);

    private void Finish(ulong id) => _runs[id].SetResult(new TestResult(Frame(id), "run"));

    private sealed record TestFrame(ulong FrameId);

    private sealed record TestResult(TestFrame Frame, string? Item);

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
