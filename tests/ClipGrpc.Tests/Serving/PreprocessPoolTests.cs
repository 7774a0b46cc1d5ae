using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Preprocessing;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Serving;

public sealed class PreprocessPoolTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();

    private static WorkContext Context(DateTimeOffset? deadline = null, CancellationToken token = default) =>
        new(WorkPriority.Interactive, deadline, token);

    private PreprocessPool Pool(int threads = 1, int capacity = 1) =>
        new(new PreprocessOptions { Threads = threads, QueueCapacity = capacity }, _time);

    [Fact]
    public async Task RunAsync_Work_GivesItsResult()
    {
        await using var pool = Pool();
        Assert.Equal(42, await pool.RunAsync(() => 42, Context()).WaitAsync(Limit));
    }

    [Fact]
    public async Task RunAsync_WorkThrows_GivesItsException()
    {
        await using var pool = Pool();
        await Assert.ThrowsAsync<FormatException>(
            () => pool.RunAsync<int>(() => throw new FormatException(), Context()).WaitAsync(Limit));
        Assert.Equal(1, await pool.RunAsync(() => 1, Context()).WaitAsync(Limit));
    }

    [Fact]
    public async Task RunAsync_QueueFull_IsOverloadedAtOnce()
    {
        await using var pool = Pool();
        using var block = new Blocker();
        var running = pool.RunAsync(block.Run, Context());
        await block.Started.WaitAsync(Limit);
        var waiting = pool.RunAsync(() => 2, Context());

        var error = await Assert.ThrowsAsync<ClipException>(() => pool.RunAsync(() => 3, Context()));

        Assert.Equal(ClipErrorCode.Overloaded, error.Code);
        Assert.NotNull(error.RetryAfter);
        block.Release();
        Assert.Equal(1, await running.WaitAsync(Limit));
        Assert.Equal(2, await waiting.WaitAsync(Limit));
    }

    [Fact]
    public async Task RunAsync_CancelledInTheQueue_IsNotRun()
    {
        await using var pool = Pool();
        using var block = new Blocker();
        using var leaving = new CancellationTokenSource();
        _ = pool.RunAsync(block.Run, Context());
        await block.Started.WaitAsync(Limit);
        var ran = false;
        var waiting = pool.RunAsync(() => ran = true, Context(token: leaving.Token));

        await leaving.CancelAsync();
        block.Release();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Limit));
        Assert.False(ran);
    }

    [Fact]
    public async Task RunAsync_DeadlinePassesInTheQueue_IsNotRun()
    {
        await using var pool = Pool();
        using var block = new Blocker();
        _ = pool.RunAsync(block.Run, Context());
        await block.Started.WaitAsync(Limit);
        var ran = false;
        var waiting = pool.RunAsync(() => ran = true, Context(_time.GetUtcNow() + TimeSpan.FromSeconds(1)));

        _time.Advance(TimeSpan.FromSeconds(1));
        block.Release();

        var error = await Assert.ThrowsAsync<ClipException>(() => waiting.WaitAsync(Limit));
        Assert.Equal(ClipErrorCode.DeadlineExceeded, error.Code);
        Assert.False(ran);
    }

    [Fact]
    public async Task RunAsync_BulkWaits_InteractiveGoesFirstButNotForEver()
    {
        await using var pool = Pool(capacity: 64);
        using var block = new Blocker();
        var order = new List<int>();
        _ = pool.RunAsync(block.Run, Context());
        await block.Started.WaitAsync(Limit);
        var bulk = pool.RunAsync(() => Note(order, -1), Context() with { Priority = WorkPriority.Bulk });
        var interactive = Enumerable.Range(0, 20).Select(i => pool.RunAsync(() => Note(order, i), Context())).ToArray();

        block.Release();

        await Task.WhenAll([bulk, .. interactive]).WaitAsync(Limit);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, -1, .. Enumerable.Range(8, 12)], order);
    }

    [Fact]
    public async Task RunAsync_BulkQueueFull_StillTakesInteractive()
    {
        await using var pool = Pool();
        using var block = new Blocker();
        _ = pool.RunAsync(block.Run, Context());
        await block.Started.WaitAsync(Limit);
        var bulk = pool.RunAsync(() => 1, Context() with { Priority = WorkPriority.Bulk });

        var interactive = pool.RunAsync(() => 2, Context());

        block.Release();
        Assert.Equal(1, await bulk.WaitAsync(Limit));
        Assert.Equal(2, await interactive.WaitAsync(Limit));
    }

    [Fact]
    public async Task RunAsync_StoppingWithWorkLeft_IsUnavailable()
    {
        var pool = Pool();
        using var block = new Blocker();
        _ = pool.RunAsync(block.Run, Context());
        await block.Started.WaitAsync(Limit);
        var waiting = pool.RunAsync(() => 2, Context());
        var stopping = pool.DisposeAsync().AsTask();

        var error = await Assert.ThrowsAsync<ClipException>(() => pool.RunAsync(() => 3, Context()));

        Assert.Equal(ClipErrorCode.Unavailable, error.Code);
        block.Release();
        await stopping.WaitAsync(Limit);
        Assert.Equal(2, await waiting.WaitAsync(Limit));
    }

    private static int Note(List<int> order, int number)
    {
        order.Add(number);
        return number;
    }

    [Fact]
    public async Task DisposeAsync_WorkQueued_FinishesItAndRefusesMore()
    {
        var pool = Pool();
        using var block = new Blocker();
        var running = pool.RunAsync(block.Run, Context());
        await block.Started.WaitAsync(Limit);
        var waiting = pool.RunAsync(() => 2, Context());

        var stopping = pool.DisposeAsync().AsTask();
        block.Release();
        await stopping.WaitAsync(Limit);

        Assert.Equal(1, await running.WaitAsync(Limit));
        Assert.Equal(2, await waiting.WaitAsync(Limit));
        var error = await Assert.ThrowsAsync<ClipException>(() => pool.RunAsync(() => 3, Context()));
        Assert.Equal(ClipErrorCode.Unavailable, error.Code);
    }

    private sealed class Blocker : IDisposable
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _released = new();

        public Task Started => _started.Task;

        public int Run()
        {
            _started.SetResult();
            return _released.Wait(Limit) ? 1 : throw new TimeoutException();
        }

        public void Release() => _released.Set();

        public void Dispose() => _released.Dispose();
    }
}
