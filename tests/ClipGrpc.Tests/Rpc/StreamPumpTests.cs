using System.Threading.Channels;
using ClipGrpc.Server.Rpc;

namespace ClipGrpc.Tests.Rpc;

public sealed class StreamPumpTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Channel<int> _requests = Channel.CreateUnbounded<int>();
    private readonly Dictionary<int, TaskCompletionSource<int>> _work = Enumerable.Range(0, 10)
        .ToDictionary(i => i, _ => new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously));
    private readonly Channel<int> _started = Channel.CreateUnbounded<int>();
    private readonly Channel<int> _written = Channel.CreateUnbounded<int>();

    private async Task RunAsync(
        bool ordered, int window = 4, CancellationToken stopping = default, CancellationToken token = default,
        Func<int, Task>? write = null, Func<int, int>? sizeOf = null, CancellationToken modelEnds = default,
        Func<int, object>? orderOf = null, Func<int, bool>? isLight = null, Func<Task>? finish = null)
    {
        var modelError = new ClipException(ClipErrorReason.ModelUnloading, "model");
        using var stop = new StreamStop(stopping, modelEnds, () => modelError);
        var pump = new StreamPump<int, int>(
            (request, cancelled) =>
            {
                _started.Writer.TryWrite(request);
                return _work[request].Task.WaitAsync(cancelled);
            },
            orderOf ?? (ordered ? _ => "" : null),
            new StreamWindow(window, bytes: 100 * window),
            sizeOf ?? (_ => 1),
            memory: null,
            isLight);
        await pump.RunAsync(
            _requests.Reader.ReadAllAsync(CancellationToken.None),
            write ?? (reply => _written.Writer.WriteAsync(reply).AsTask()),
            stop,
            token,
            finish);
    }

    private async Task SendAsync(params int[] requests)
    {
        foreach (var request in requests)
            await _requests.Writer.WriteAsync(request);
    }

    private async Task<int[]> TakeAsync(Channel<int> channel, int count)
    {
        var taken = new int[count];
        for (var i = 0; i < count; i++)
            taken[i] = await channel.Reader.ReadAsync().AsTask().WaitAsync(Limit);
        return taken;
    }

    [Fact]
    public async Task RunAsync_Ordered_WritesInTheOrderOfTheRequests()
    {
        var run = RunAsync(ordered: true);
        await SendAsync(0, 1, 2);
        await TakeAsync(_started, 3);
        _work[2].SetResult(12);
        _work[1].SetResult(11);
        Assert.False(_written.Reader.TryRead(out _));
        _work[0].SetResult(10);
        _requests.Writer.Complete();

        await run.WaitAsync(Limit);
        Assert.Equal(new[] { 10, 11, 12 }, await TakeAsync(_written, 3));
    }

    [Fact]
    public async Task RunAsync_Unordered_WritesWhatIsReady()
    {
        var run = RunAsync(ordered: false);
        await SendAsync(0, 1);
        await TakeAsync(_started, 2);
        _work[1].SetResult(11);

        Assert.Equal(new[] { 11 }, await TakeAsync(_written, 1));
        _work[0].SetResult(10);
        _requests.Writer.Complete();
        await run.WaitAsync(Limit);
        Assert.Equal(new[] { 10 }, await TakeAsync(_written, 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_WindowFull_ReadsNoFurther(bool ordered)
    {
        var run = RunAsync(ordered, window: 2);
        await SendAsync(0, 1, 2);
        Assert.Equal(new[] { 0, 1 }, await TakeAsync(_started, 2));
        Assert.False(_started.Reader.TryRead(out _));

        _work[0].SetResult(10);
        Assert.Equal(new[] { 2 }, await TakeAsync(_started, 1));
        _work[1].SetResult(11);
        _work[2].SetResult(12);
        _requests.Writer.Complete();
        await run.WaitAsync(Limit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_LargeRequests_WaitForRoomInBytesToo(bool ordered)
    {
        // 4 slots of 100 bytes: two of 150 bytes fill them, and one of 1,000 needs all of them.
        var run = RunAsync(ordered, window: 4, sizeOf: request => request < 3 ? 150 : 1000);
        await SendAsync(0, 1, 2, 3);
        Assert.Equal(new[] { 0, 1 }, await TakeAsync(_started, 2));
        Assert.False(_started.Reader.TryRead(out _));

        _work[0].SetResult(10);
        Assert.Equal(new[] { 2 }, await TakeAsync(_started, 1));
        _work[1].SetResult(11);
        Assert.Equal(new[] { 10, 11 }, await TakeAsync(_written, 2));
        Assert.False(_started.Reader.TryRead(out _));
        _work[2].SetResult(12);
        Assert.Equal(new[] { 3 }, await TakeAsync(_started, 1));
        _work[3].SetResult(13);
        _requests.Writer.Complete();
        await run.WaitAsync(Limit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_Stopping_AnswersWhatWasReadThenIsUnavailable(bool ordered)
    {
        using var stopping = new CancellationTokenSource();
        var run = RunAsync(ordered, stopping: stopping.Token);
        await SendAsync(0);
        await TakeAsync(_started, 1);
        await stopping.CancelAsync();
        _work[0].SetResult(10);

        var error = await Assert.ThrowsAsync<ClipException>(() => run.WaitAsync(Limit));
        Assert.Equal(ClipErrorCode.Unavailable, error.Code);
        Assert.Equal(new[] { 10 }, await TakeAsync(_written, 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_ModelEnds_AnswersWhatWasReadThenFailsWithTheModelsError(bool ordered)
    {
        using var ending = new CancellationTokenSource();
        var run = RunAsync(ordered, modelEnds: ending.Token);
        await SendAsync(0);
        await TakeAsync(_started, 1);
        await ending.CancelAsync();
        _work[0].SetResult(10);

        var error = await Assert.ThrowsAsync<ClipException>(() => run.WaitAsync(Limit));
        Assert.Equal("model", error.Message);
        Assert.Equal(new[] { 10 }, await TakeAsync(_written, 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_CallerGone_CancelsTheWork(bool ordered)
    {
        using var gone = new CancellationTokenSource();
        var run = RunAsync(ordered, token: gone.Token);
        await SendAsync(0);
        await TakeAsync(_started, 1);
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(Limit));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_WorkFails_EndsWithThatFailure(bool ordered)
    {
        var run = RunAsync(ordered);
        await SendAsync(0, 1);
        await TakeAsync(_started, 2);
        _work[0].SetException(new FormatException());

        await Assert.ThrowsAsync<FormatException>(() => run.WaitAsync(Limit));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_WriteFails_EndsWithThatFailure(bool ordered)
    {
        var run = RunAsync(ordered, write: _ => throw new IOException());
        await SendAsync(0, 1);
        await TakeAsync(_started, 2);
        _work[0].SetResult(10);

        await Assert.ThrowsAsync<IOException>(() => run.WaitAsync(Limit));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_RequestsFail_AnswersWhatWasReadThenFails(bool ordered)
    {
        var run = RunAsync(ordered);
        await SendAsync(0);
        await TakeAsync(_started, 1);
        _requests.Writer.Complete(new FormatException());
        _work[0].SetResult(10);

        await Assert.ThrowsAsync<FormatException>(() => run.WaitAsync(Limit));
        Assert.Equal(new[] { 10 }, await TakeAsync(_written, 1));
    }

    [Fact]
    public async Task RunAsync_OrderOfRequests_WritesInTheOrderOfEach()
    {
        var run = RunAsync(ordered: false, orderOf: request => request % 2);
        await SendAsync(0, 1, 2, 3);
        await TakeAsync(_started, 4);
        _work[2].SetResult(12);
        _work[1].SetResult(11);
        _work[3].SetResult(13);
        Assert.Equal(new[] { 11, 13 }, await TakeAsync(_written, 2));
        Assert.False(_written.Reader.TryRead(out _));
        _work[0].SetResult(10);
        _requests.Writer.Complete();

        await run.WaitAsync(Limit);
        Assert.Equal(new[] { 10, 12 }, await TakeAsync(_written, 2));
    }

    [Fact]
    public async Task RunAsync_LightResponseWaitsForItsTurn_LeavesTheWindow()
    {
        var run = RunAsync(ordered: false, window: 2, orderOf: _ => "", isLight: response => response == 11);
        await SendAsync(0, 1, 2);
        Assert.Equal(new[] { 0, 1 }, await TakeAsync(_started, 2));
        Assert.False(_started.Reader.TryRead(out _));
        _work[1].SetResult(11);

        Assert.Equal(new[] { 2 }, await TakeAsync(_started, 1));
        Assert.False(_written.Reader.TryRead(out _));
        _work[2].SetResult(12);
        _work[0].SetResult(10);
        _requests.Writer.Complete();
        await run.WaitAsync(Limit);
        Assert.Equal(new[] { 10, 11, 12 }, await TakeAsync(_written, 3));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_Finish_IsCalledAfterTheLastResponseAlsoWhenStopping(bool stops)
    {
        using var stopping = new CancellationTokenSource();
        var run = RunAsync(
            ordered: false, stopping: stopping.Token, finish: () => _written.Writer.WriteAsync(99).AsTask());
        await SendAsync(0);
        await TakeAsync(_started, 1);
        if (stops)
            await stopping.CancelAsync();
        else
            _requests.Writer.Complete();
        _work[0].SetResult(10);

        if (stops)
            await Assert.ThrowsAsync<ClipException>(() => run.WaitAsync(Limit));
        else
            await run.WaitAsync(Limit);
        Assert.Equal(new[] { 10, 99 }, await TakeAsync(_written, 2));
    }
}
