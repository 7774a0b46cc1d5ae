namespace ClipGrpc.Server.Rpc;

internal static class RpcExtensions
{
    public static IServiceCollection AddRpc(this IServiceCollection services) => services
        .AddSingleton<ErrorInterceptor>()
        .AddSingleton<ItemRunner>()
        .AddSingleton<EmbedStreamHandler>()
        .AddSingleton<ClassifyStreamHandler>()
        .AddSingleton<ClipRpcService>()
        .AddSingleton<ModelRpcService>();

    public static void MapRpc(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<ClipRpcService>();
        endpoints.MapGrpcService<ModelRpcService>();
    }
}
