using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Preprocessing;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Serving;

public sealed class PreprocessPoolTests
{
    private const long Unit = 1 << 19;
    private const long LargeCost = 1_000 * Unit;
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

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_CallersLeaveTheQueue_AreReleasedAtOnceAndTheirPlacesAreFree()
    {
        await using var pool = Pool(capacity: 2);
        using var block = new Blocker();
        using var leaving = new CancellationTokenSource();
        var running = pool.RunAsync(block.Run, Context());
        await block.Started.WaitAsync(Limit);
        var context = Context(token: leaving.Token);
        Task<int>[] gone = [.. Enumerable.Range(0, 2).Select(i => pool.RunAsync(() => i, context))];

        await leaving.CancelAsync();

        foreach (var task in gone)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(Limit));
        var next = pool.RunAsync(() => 7, Context());
        Assert.False(running.IsCompleted);
        block.Release();
        Assert.Equal(7, await next.WaitAsync(Limit));
        Assert.Equal(1, await running.WaitAsync(Limit));
    }

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_CallerLeavesWhileItRuns_IsReleasedAtOnceAndItsResultIsReleased()
    {
        await using var pool = Pool();
        using var block = new Blocker();
        using var leaving = new CancellationTokenSource();
        var released = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = pool.RunAsync(block.Run, Context(token: leaving.Token), released.SetResult);
        await block.Started.WaitAsync(Limit);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Limit));
        block.Release();
        Assert.Equal(1, await released.Task.WaitAsync(Limit));
    }

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_QueueTooLongForTheDeadline_IsOverloadedAtOnce()
    {
        await using var pool = Pool(capacity: 8);
        await pool.RunAsync(() => TakeSeconds(1), Context()).WaitAsync(Limit);
        using var block = new Blocker();
        var running = pool.RunAsync(block.Run, Context()); // until 1 s
        await block.Started.WaitAsync(Limit);
        var waiting = pool.RunAsync(() => 2, Context()); // until 2 s

        var error = await Assert.ThrowsAsync<ClipException>(
            () => pool.RunAsync(() => 3, Context(_time.GetUtcNow() + TimeSpan.FromSeconds(2.9))));
        var inTime = pool.RunAsync(() => 3, Context(_time.GetUtcNow() + TimeSpan.FromSeconds(3)));

        Assert.Equal(ClipErrorCode.Overloaded, error.Code);
        Assert.Equal(2, error.RetryAfter!.Value.TotalSeconds, 3);
        Assert.Equal(3, pool.WhenServed(Context() with { Priority = WorkPriority.Bulk }).Seconds - 1, 3);
        block.Release();
        await Task.WhenAll(running, waiting, inTime).WaitAsync(Limit);
    }

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_QueueFullForAStream_WaitsInTheOrderOfArrival()
    {
        await using var pool = Pool();
        using var block = new Blocker();
        var order = new List<int>();
        _ = pool.RunAsync(block.Run, Context());
        await block.Started.WaitAsync(Limit);

        var waiting = Enumerable.Range(0, 5)
            .Select(i => pool.RunAsync(() => Note(order, i), Context() with { WaitsForRoom = true })).ToArray();
        block.Release();

        await Task.WhenAll(waiting).WaitAsync(Limit);
        Assert.Equal([0, 1, 2, 3, 4], order);
    }

    [Fact(Timeout = 120_000)]
    public async Task RunAsync_ManyCallersOfBothPriorities_LosesNeitherWorkNorWorkers()
    {
        await using var pool = Pool(threads: 4, capacity: 1_000_000);
        for (var round = 0; round < 50; round++)
        {
            var producers = Enumerable.Range(0, 4).Select(producer => Task.Run(() => Task.WhenAll(
                Enumerable.Range(0, 500).Select(i => pool.RunAsync(
                    () => i, Context() with { Priority = (WorkPriority)((producer + i) % 2) })))));
            await Task.WhenAll(producers).WaitAsync(Limit);
        }

        // Each of the four holds its worker until all are there.
        using var all = new Barrier(4);
        Assert.All(
            await Task.WhenAll(
                Enumerable.Range(0, 4).Select(_ => pool.RunAsync(() => all.SignalAndWait(Limit), Context())))
                .WaitAsync(Limit),
            Assert.True);
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

    [Theory(Timeout = 60_000)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task RunAsync_LargeImagesOfManyCallers_DoNotDelayOrDisplaceASmallOne(int threads)
    {
        await using var pool = Pool(threads, capacity: 64);
        await pool.RunAsync(() => TakeSeconds(0.01), Context()).WaitAsync(Limit);
        await pool.RunAsync(() => TakeSeconds(5), Context(), cost: LargeCost).WaitAsync(Limit);
        Blocker[] blocks = [.. Enumerable.Range(0, threads).Select(_ => new Blocker())];
        var large = new List<Task<int>>();
        foreach (var block in blocks)
        {
            large.Add(pool.RunAsync(block.Run, OfNewCaller(), cost: LargeCost));
            await block.Started.WaitAsync(Limit);
        }

        large.AddRange(Enumerable.Range(0, 16).Select(_ => pool.RunAsync(() => 1, OfNewCaller(), cost: LargeCost)));

        var small = pool.RunAsync(() => 2, OfNewCaller(_time.GetUtcNow() + TimeSpan.FromSeconds(0.1)));

        Assert.Equal(2, await small.WaitAsync(Limit));
        Assert.All(large, task => Assert.False(task.IsCompleted));
        Array.ForEach(blocks, block => block.Release());
        await Task.WhenAll(large).WaitAsync(Limit);
        Array.ForEach(blocks, block => block.Dispose());
    }

    [Fact(Timeout = 60_000)]
    public async Task WhenServed_ImagesOfManySizesWereMeasured_IsThatOfItsOwnSize()
    {
        await using var pool = Pool();
        for (var i = 0; i < 20; i++)
        {
            foreach (var cost in (long[])[0, 16, 64, 128, 1_024])
                await pool.RunAsync(() => TakeSeconds(0.002 * Math.Max(cost, 1)), Context(), cost: cost * Unit);
        }

        Assert.InRange(pool.WhenServed(Context()).MeasuredSeconds, 0.0015, 0.004);
        Assert.InRange(pool.WhenServed(Context(), 64 * Unit).MeasuredSeconds, 0.1, 0.2);
        Assert.InRange(pool.WhenServed(Context(), 1_024 * Unit).MeasuredSeconds, 1.8, 2.3);
    }

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_CallersWithImagesOfDifferentCosts_HaveEqualSharesOfTheTime()
    {
        await using var pool = Pool(capacity: 64);
        using var block = new Blocker();
        var order = new List<int>();
        var (first, second) = (OfNewCaller(), OfNewCaller());
        var running = pool.RunAsync(block.Run, first, cost: LargeCost);
        await block.Started.WaitAsync(Limit);
        Task<int>[] waiting =
        [
            .. Enumerable.Range(0, 3).Select(_ => pool.RunAsync(() => Note(order, 256), first, cost: 256 * Unit)),
            .. Enumerable.Range(0, 12).Select(_ => pool.RunAsync(() => Note(order, 64), second, cost: 64 * Unit)),
        ];

        block.Release();

        await Task.WhenAll([running, .. waiting]).WaitAsync(Limit);
        Assert.Equal([64, 64, 64, 256, 64, 64, 64, 64, 256, 64, 64, 64, 64, 256, 64], order);
    }

    private WorkContext OfNewCaller(DateTimeOffset? deadline = null) =>
        Context(deadline) with { Caller = new CallerKey() };

    private int TakeSeconds(double seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        return 0;
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
