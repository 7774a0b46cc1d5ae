using ClipGrpc.Serving.Labels;

namespace ClipGrpc.Tests.Serving;

public sealed class SingleFlightTests
{
    private readonly SingleFlight<string, int> _flights = new();

    [Fact(Timeout = 30_000)]
    public async Task RunAsync_SameKeyAtOnce_RunsOnce()
    {
        var runs = 0;
        var gate = new TaskCompletionSource<int>();
        Task<int> Start() => _flights.RunAsync("a", _ =>
        {
            runs++;
            return gate.Task;
        }, CancellationToken.None);

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
        var first = _flights.RunAsync("a", token =>
        {
            seen = token;
            return gate.Task;
        }, leaving.Token);
        var second = _flights.RunAsync("a", _ => throw new InvalidOperationException("must join"), CancellationToken.None);

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
            async token =>
            {
                seen = token;
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                return 1;
            },
            leaving.Token);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        Assert.True(seen.IsCancellationRequested);
        Assert.Equal(2, await _flights.RunAsync("a", _ => Task.FromResult(2), CancellationToken.None));
    }

    [Fact(Timeout = 30_000)]
    public async Task RunAsync_WorkFails_EveryWaiterSeesItAndNothingIsKept()
    {
        var gate = new TaskCompletionSource<int>();
        var first = _flights.RunAsync("a", _ => gate.Task, CancellationToken.None);
        var second = _flights.RunAsync("a", _ => gate.Task, CancellationToken.None);

        gate.SetException(new InvalidOperationException("broken"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        await Assert.ThrowsAsync<InvalidOperationException>(() => second);
        Assert.Equal(5, await _flights.RunAsync("a", _ => Task.FromResult(5), CancellationToken.None));
    }

    [Fact(Timeout = 30_000)]
    public async Task RunAsync_AlreadyCancelled_StartsNothing()
    {
        var ran = false;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _flights.RunAsync("a", _ =>
            {
                ran = true;
                return Task.FromResult(1);
            }, new CancellationToken(true)));
        Assert.False(ran);
    }
}
