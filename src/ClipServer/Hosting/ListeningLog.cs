using System.Net;
using ClipGrpc.Server.Observability;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Hosting;

/// <summary>Logs where the server listens, and what that means when others can reach it.</summary>
internal sealed class ListeningLog(
    IOptions<ServerOptions> options, ListenerAddresses addresses, ILogger<ListeningLog> logger) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        logger.Listening(addresses.Grpc, addresses.Http);
        var host = options.Value.Host;
        if (host == "*" || (IPAddress.TryParse(host, out var address) && !IPAddress.IsLoopback(address)))
            logger.ListensBeyondLoopback(host);

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
