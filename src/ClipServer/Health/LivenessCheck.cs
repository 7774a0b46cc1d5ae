using ClipGrpc.Serving;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ClipGrpc.Server.Health;

/// <summary>Whether the process should be restarted: unhealthy when a part of it has failed for good.</summary>
internal sealed class LivenessCheck(IEnumerable<ILiveness> parts) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        ProbeResult.Of("alive", parts.Where(part => !part.IsAlive).Select(part => part.Describe())));
}
