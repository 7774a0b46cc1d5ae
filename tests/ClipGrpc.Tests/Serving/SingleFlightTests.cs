using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Tests.Serving;

public sealed class SingleFlightTests
{
    private readonly SingleFlight<string, int> _flights = new(TimeProvider.System);

    [Fact(Timeout = 30_000)]
    public async Task RunAsync_SameKeyAtOnce_RunsOnce()
    {
        var runs = 0;
        var gate = new TaskCompletionSource<int>();
        Task<int> Start() => _flights.RunAsync("a", Caller(), _ =>
        {
            runs++;
            return gate.Task;
        });

        var both = Task.WhenAll(Start(), Start());
        gate.SetResult(7);
        var results = await both;

        Assert.Equal([7, 7], results);
        Assert.Equal(1, runs);
    }

    [Fact(Timeout = 30_000)]
    public async Task RunAsync_OneWaiterLeaves_WorkGoesOnForTheOther()
    {
        using var leaving = new CancellationTokenSource();
        var gate = new TaskCompletionSource<int>();
        var seen = CancellationToken.None;
        var first = _flights.RunAsync("a", Caller(leaving.Token), work =>
        {
            seen = work.Abandoned;
            return gate.Task;
        });
        var second = _flights.RunAsync("a", Caller(), _ => throw new InvalidOperationException("must join"));

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(seen.IsCancellationRequested);
        gate.SetResult(3);
        Assert.Equal(3, await second);
    }

    [Fact(Timeout = 30_000)]
    public async Task RunAsync_LastWaiterLeaves_CancelsTheWorkAndTheNextStartsAnew()
    {
        using var leaving = new CancellationTokenSource();
        var seen = CancellationToken.None;
        var first = _flights.RunAsync(
            "a",
            Caller(leaving.Token),
            async work =>
            {
                seen = work.Abandoned;
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, work.Abandoned);
                return 1;
            });

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        Assert.True(seen.IsCancellationRequested);
        Assert.Equal(2, await _flights.RunAsync("a", Caller(), _ => Task.FromResult(2)));
    }

    [Fact(Timeout = 30_000)]
    public async Task RunAsync_WorkFails_EveryWaiterSeesItAndNothingIsKept()
    {
        var gate = new TaskCompletionSource<int>();
        var first = _flights.RunAsync("a", Caller(), _ => gate.Task);
        var second = _flights.RunAsync("a", Caller(), _ => gate.Task);

        gate.SetException(new InvalidOperationException("broken"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        await Assert.ThrowsAsync<InvalidOperationException>(() => second);
        Assert.Equal(5, await _flights.RunAsync("a", Caller(), _ => Task.FromResult(5)));
    }

    [Fact(Timeout = 30_000)]
    public async Task RunAsync_CallerThatDoesNotWaitForRoom_DoesNotJoinOneThatDoes()
    {
        var gate = new TaskCompletionSource<int>();
        var patient = _flights.RunAsync("a", Caller() with { WaitsForRoom = true }, _ => gate.Task);

        Assert.Equal(2, await _flights.RunAsync("a", Caller(), _ => Task.FromResult(2)));

        gate.SetResult(1);
        Assert.Equal(1, await patient);
    }

    [Fact(Timeout = 30_000)]
    public async Task RunAsync_OneIsRefusedForAFullQueue_TheOneThatWaitsForRoomStartsItsOwn()
    {
        var gate = new TaskCompletionSource<int>();
        var hasty = _flights.RunAsync("a", Caller(), _ => gate.Task);
        var patient = _flights.RunAsync(
            "a", Caller() with { WaitsForRoom = true }, work => Task.FromResult(work.WaitsForRoom ? 3 : 0));

        gate.SetException(new ClipException(ClipErrorReason.QueueFull, "full"));

        await Assert.ThrowsAsync<ClipException>(() => hasty);
        Assert.Equal(3, await patient);
    }

    [Fact(Timeout = 30_000)]
    public async Task RunAsync_AlreadyCancelled_StartsNothing()
    {
        var ran = false;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _flights.RunAsync("a", Caller(new CancellationToken(true)), _ =>
            {
                ran = true;
                return Task.FromResult(1);
            }));
        Assert.False(ran);
    }

    private static WorkContext Caller(CancellationToken token = default) => new(WorkPriority.Interactive, null, token);
}
