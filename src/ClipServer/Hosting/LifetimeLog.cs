using System.Net;
using ClipGrpc.Server.Configuration;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Hosting;

/// <summary>Logs the process's stations, where it listens, and what that means when others can reach it.</summary>
internal sealed class LifetimeLog(
    IOptions<ServerOptions> options, ListenerAddresses addresses, ILogger<LifetimeLog> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        logger.Starting(ProductVersion.Text);
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        logger.Listening(ListenerAddresses.Format(addresses.Grpc), ListenerAddresses.Format(addresses.Http));
        var host = options.Value.Host;
        if (host == "*" || (IPAddress.TryParse(host, out var address) && !IPAddress.IsLoopback(address)))
            logger.ListensBeyondLoopback(host);

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
