using ClipGrpc.Server.Configuration;
using ClipGrpc.Serving.Models;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Hosting;

/// <summary>Ends the process when models have failed for good: only a new one can help.</summary>
internal sealed class FailureWatch(
    ModelRegistry models, ProcessExit exit, IOptions<ServerOptions> options, IHostApplicationLifetime lifetime,
    ILogger<FailureWatch> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.ExitOnFailure != FailureExit.Never)
            models.ModelFailed = EndIfLost;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void EndIfLost()
    {
        var (all, failed) = models.Count();
        if (failed < (options.Value.ExitOnFailure == FailureExit.All ? all : 1))
            return;
        logger.EndsForFailure(failed, all);
        exit.Set(ExitCodes.ModelsFailed);
        lifetime.StopApplication();
    }
}
