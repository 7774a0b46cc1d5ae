using ClipGrpc.Serving;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ClipGrpc.Server.Health;

/// <summary>Whether the server should be sent work: unhealthy while a part of it is not ready.</summary>
internal sealed class ReadinessCheck(IEnumerable<IReadiness> parts) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        ProbeResult.Of("ready", parts.Where(part => !part.IsReady).Select(part => part.Describe())));
}
