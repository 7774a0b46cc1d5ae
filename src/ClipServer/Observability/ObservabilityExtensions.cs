using ClipGrpc.Server.Batching;
using ClipGrpc.Server.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Prometheus;

namespace ClipGrpc.Server.Observability;

internal static class ObservabilityExtensions
{
    /// <summary>Metrics on a registry of their own (a test may bring its own), and health.</summary>
    public static IServiceCollection AddObservability(this IServiceCollection services)
    {
        services.TryAddSingleton(_ =>
        {
            var registry = Metrics.NewCustomRegistry();
            DotNetStats.Register(registry);
            return registry;
        });
        services.AddSingleton<ClipMetrics>();
        services.AddSingleton<MetricsInterceptor>();
        services.AddSingleton<IBatchObserver, MetricsBatchObserver>();
        services.AddSingleton<ModelHealth>();
        services.AddSingleton<HealthService>();
        return services;
    }

    public static void MapObservability(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMetrics("/metrics", endpoints.ServiceProvider.GetRequiredService<CollectorRegistry>())
            .WithMetadata(new ListenerMetadata(Listener.Http));
        endpoints.MapProbes();
        endpoints.MapGrpcService<HealthService>();
        endpoints.MapGrpcReflectionService();
    }
}
