using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Health;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Hosting;

/// <summary>
/// The first step of stopping, before the ports close and the engine drains: tells probes and load balancers that this
/// server takes no more work, and gives them time to notice.
/// </summary>
internal sealed class DrainService(
    DrainState state, ModelHealth health, ProcessExit exit, IOptions<ServerOptions> options, TimeProvider time,
    ILogger<DrainService> logger) : IHostedLifecycleService, IDisposable
{
    /// <summary>After the shutdown timeout: what remaining calls have to be answered that the server stops.</summary>
    public static readonly TimeSpan ExpiryGrace = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Between the end of the last stream and the closing of its connection. .NET's HTTP client forgets a status that
    /// it has not read yet when the connection closes right behind it, and reports a broken connection instead.
    /// </summary>
    private static readonly TimeSpan StatusGrace = TimeSpan.FromMilliseconds(200);

    private ITimer? _expiry;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        logger.Draining(options.Value.DrainDelay, options.Value.ShutdownTimeout);
        state.Begin();
        health.Drain();
        try
        {
            if (options.Value.DrainDelay > TimeSpan.Zero)
                await Task.Delay(options.Value.DrainDelay, time, cancellationToken);
        }
        finally
        {
            await EndStreamsAsync(cancellationToken);
        }
    }

    public void Dispose() => _expiry?.Dispose();

    private async Task EndStreamsAsync(CancellationToken cancellationToken)
    {
        var hadStreams = state.HasStreams;
        state.Close();
        _expiry = time.CreateTimer(_ => Expire(), null, options.Value.ShutdownTimeout, Timeout.InfiniteTimeSpan);
        if (!hadStreams)
            return;

        try
        {
            await state.StreamsEnded.WaitAsync(options.Value.ShutdownTimeout + ExpiryGrace, time, cancellationToken);
            await Task.Delay(StatusGrace, time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // Their callers do not read the end that they were sent: the ports close on them.
            logger.StreamsLeft();
        }
    }

    private void Expire()
    {
        var open = state.Expire();
        if (open == 0)
            return;
        logger.CallsLeft(open, options.Value.ShutdownTimeout);
        exit.Set(ExitCodes.CallsLeft);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
