using ClipGrpc.Server.Hosting;
using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Health;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Hosting;

public sealed class DrainServiceTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly DrainState _state = new();

    private DrainService Service => new(
        _state, new ModelHealth(), Options.Create(new ServerOptions { DrainDelay = Delay }), _time,
        NullLogger<DrainService>.Instance);

    [Fact(Timeout = 30_000)]
    public async Task StoppingAsync_DrainDelay_IsNotReadyAtOnceAndClosesAfterIt()
    {
        var stopping = Service.StoppingAsync(CancellationToken.None);
        Assert.False(_state.IsReady);
        _time.Advance(Delay - TimeSpan.FromTicks(1));
        Assert.False(_state.Closing.IsCancellationRequested);

        _time.Advance(TimeSpan.FromTicks(1));

        await stopping.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(_state.Closing.IsCancellationRequested);
    }

    [Fact(Timeout = 30_000)]
    public async Task StoppingAsync_StopIsHurried_ClosesAtOnce()
    {
        using var hurry = new CancellationTokenSource();
        var stopping = Service.StoppingAsync(hurry.Token);

        await hurry.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopping.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.True(_state.Closing.IsCancellationRequested);
    }
}
