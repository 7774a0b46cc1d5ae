using ClipGrpc.Server.Models.Hub;

namespace ClipGrpc.Server.Models;

internal static class ModelsExtensions
{
    public static IServiceCollection AddModels(this IServiceCollection services)
    {
        services.AddSingleton(_ => HubOptions.FromEnvironment(Environment.GetEnvironmentVariable));
        services.AddSingleton(provider => new HubModels(
            provider.GetRequiredService<HubOptions>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ModelLocator>();
        return services;
    }
}
