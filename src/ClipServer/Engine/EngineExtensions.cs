using ClipGrpc.Server.Batching;
using ClipGrpc.Server.Hosting;
using ClipGrpc.Server.Inference;
using ClipGrpc.Server.Models;
using ClipGrpc.Server.Models.Prepared;
using ClipGrpc.Server.Observability;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Engine;

internal static class EngineExtensions
{
    public static IServiceCollection AddEngine(this IServiceCollection services)
    {
        services.AddSingleton(provider => new PreprocessPool(
            provider.GetRequiredService<IOptions<PreprocessOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new DeviceScheduler(
            provider.GetRequiredService<IOptions<InferenceOptions>>().Value.DeviceName,
            provider.GetRequiredService<IOptions<BatchingOptions>>().Value,
            provider.GetRequiredService<IBatchObserver>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DeviceScheduler>>()));
        services.AddSingleton(provider => new LabelSetStore(
            provider.GetRequiredService<IOptions<LimitOptions>>().Value.MaxLabelSetBytes));
        services.AddSingleton<LabelEmbedder>();
        services.AddSingleton(provider => new PreparedStore(
            CacheFolder.Locate(), provider.GetRequiredService<ILogger<PreparedStore>>()));
        services.AddSingleton<IModelPackages, ModelPackages>();
        services.AddSingleton<IVariantLoader, VariantLoader>();
        services.AddSingleton<IModelObserver, ModelObserver>();
        services.AddSingleton<ModelRegistry>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<ModelRegistry>());
        services.AddSingleton<ILiveness>(provider => provider.GetRequiredService<ModelRegistry>());
        services.AddHostedService<RuntimeLogging>();
        services.AddSingleton<ModelStartup>();
        services.AddHostedService(provider => provider.GetRequiredService<ModelStartup>());
        return services;
    }
}
