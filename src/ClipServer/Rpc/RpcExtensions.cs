using ClipGrpc.Server.Batching;
using ClipGrpc.Server.Engine;
using ClipGrpc.Server.Hosting;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Rpc;

internal static class RpcExtensions
{
    public static IServiceCollection AddRpc(this IServiceCollection services)
    {
        services.AddOptions<LimitOptions>().PostConfigure<IOptions<BatchingOptions>, IOptions<PreprocessOptions>>(
            (limits, batching, preprocess) => limits.MaxInputs = Math.Min(
                limits.MaxInputs, Math.Min(batching.Value.QueueCapacity, preprocess.Value.QueueCapacity)));
        services.AddSingleton(provider => new InputBudget(
            Math.Max(
                provider.GetRequiredService<IOptions<LimitOptions>>().Value.MaxWaitingBytes,
                provider.GetRequiredService<IOptions<ServerOptions>>().Value.MaxMessageBytes),
            provider.GetRequiredService<TimeProvider>()));
        return services
            .AddSingleton<ErrorInterceptor>()
            .AddSingleton<ItemRunner>()
            .AddSingleton<EmbedStreamHandler>()
            .AddSingleton<ClassifyStreamHandler>()
            .AddSingleton<ClipRpcService>()
            .AddSingleton<ModelRpcService>();
    }

    public static void MapRpc(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<ClipRpcService>();
        endpoints.MapGrpcService<ModelRpcService>();
    }
}
