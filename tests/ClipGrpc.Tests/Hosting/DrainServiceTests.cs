using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Health;
using ClipGrpc.Server.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Hosting;

public sealed class DrainServiceTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly DrainState _state = new();
    private readonly ProcessExit _exit = new();

    private DrainService Service => new(
        _state, new ModelHealth(), _exit, Options.Create(new ServerOptions { DrainDelay = Delay }), _time,
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

    [Theory(Timeout = 30_000)]
    [InlineData(0, 0)]
    [InlineData(2, 3)]
    public async Task StoppingAsync_ShutdownTimeoutPasses_OpenCallsExpireAndTheExitCodeTells(int calls, int exitCode)
    {
        for (var i = 0; i < calls; i++)
            _state.CallStarted();
        using var service = Service;
        var stopping = service.StoppingAsync(CancellationToken.None);
        _time.Advance(Delay);
        await stopping.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.False(_state.Expired.IsCancellationRequested);

        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.True(_state.Expired.IsCancellationRequested);
        Assert.Equal(exitCode, _exit.Code);
    }
}
