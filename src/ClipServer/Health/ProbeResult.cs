using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ClipGrpc.Server.Health;

/// <summary>What a probe responds: 200 with one word, or 503 with one reason per line.</summary>
internal static class ProbeResult
{
    public static HealthCheckResult Of(string healthy, IEnumerable<string> problems)
    {
        var reasons = string.Join('\n', problems);
        return reasons.Length == 0 ? HealthCheckResult.Healthy(healthy) : HealthCheckResult.Unhealthy(reasons);
    }

    public static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(
            string.Concat(report.Entries.Values.Select(entry => entry.Description + '\n')), context.RequestAborted);
    }
}
