using ClipGrpc.Server.Observability;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Hosting;

/// <summary>
/// The first step of stopping, before the ports close and the engine drains: tells probes and load balancers that this
/// server takes no more work, and gives them time to notice.
/// </summary>
internal sealed class DrainService(
    DrainState state, ModelHealth health, IOptions<ServerOptions> options, TimeProvider time,
    ILogger<DrainService> logger) : IHostedLifecycleService
{
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
            state.Close();
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
