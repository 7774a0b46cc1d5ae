using ClipGrpc.Server.Batching;
using ClipGrpc.Server.Engine;
using ClipGrpc.Server.Inference;
using ClipGrpc.Server.Observability;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Hosting;

internal static class HostingExtensions
{
    /// <summary>Every section of the configuration.</summary>
    public static IServiceCollection AddConfigurationSections(
        this IServiceCollection services, IConfiguration configuration)
    {
        // On a GPU one batch is copied while another is computed.
        services.AddOptions<BatchingOptions>().PostConfigure<IOptions<InferenceOptions>>((batching, inference) =>
        {
            if (inference.Value.Device == DeviceKind.Cuda && configuration["Clip:Batching:Workers"] is null)
                batching.Workers = 2;
        });
        return services
            .AddClipOptions<ServerOptions>(configuration, "Server")
            .AddClipOptions<ModelOptions>(configuration, "Models", ModelOptions.Read)
            .AddClipOptions<LimitOptions>(configuration, "Limits")
            .AddClipOptions<PreprocessOptions>(configuration, "Preprocess")
            .AddClipOptions<BatchingOptions>(configuration, "Batching")
            .AddClipOptions<InferenceOptions>(configuration, "Inference")
            .AddClipOptions<TextCacheOptions>(configuration, "TextCache");
    }

    /// <summary>Ports, gRPC, stopping in order, and the start-up screen.</summary>
    public static IServiceCollection AddHosting(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddRouting();
        services.AddSingleton<ListenerAddresses>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, KestrelSetup>();
        services.AddSingleton<IConfigureOptions<GrpcServiceOptions>, GrpcSetup>();
        services.AddGrpc();
        services.AddGrpcReflection();
        services.AddSingleton<DrainState>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<DrainState>());
        services.AddHostedService<LifetimeLog>();
        services.AddHostedService<DrainService>();
        services.AddOptions<HostOptions>().Configure<IOptions<ServerOptions>>(
            (host, server) => host.ShutdownTimeout = server.Value.DrainDelay + server.Value.ShutdownTimeout);
        services.AddSingleton<StartupAnnouncer>();
        return services;
    }
}
