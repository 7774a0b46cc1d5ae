using ClipGrpc.Server.Access;
using ClipGrpc.Server.Telemetry;

namespace ClipGrpc.Server.Hosting;

/// <summary>Logs the process's stations, where it listens, and what that means when others can reach it.</summary>
internal sealed class LifetimeLog(
    ListenerAddresses addresses, TlsSetup tls, CallerIdentification callers, ClipMetrics metrics,
    ILogger<LifetimeLog> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        logger.Starting(ProductVersion.Text);
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        logger.Listening(ListenerAddresses.Format(addresses.Grpc), ListenerAddresses.Format(addresses.Http));
        var open = addresses.Remote
            .Where(listener => !tls.IsEnabled(listener) || callers.Anonymous.Roles != Roles.None).ToList();
        metrics.OpenListeners.Set(open.Count);
        if (open.Count > 0)
        {
            logger.ListensBeyondLoopback(
                string.Join(" and ", open),
                open.All(tls.IsEnabled) ? "with" : "without",
                callers.Anonymous.Roles == Roles.None ? "nothing" : RoleNames.Format(callers.Anonymous.Roles));
        }

        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        logger.Stopped();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
