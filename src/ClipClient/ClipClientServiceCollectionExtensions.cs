using ClipGrpc.Client.Internal;
using Grpc.Core;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Client;

/// <summary>Adds <see cref="ClipClient"/> to a service collection.</summary>
public static class ClipClientServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ClipClient"/> through the gRPC client factory. Wrong options are all named when the application
    /// starts.
    /// </summary>
    /// <returns>The factory's builder, for interceptors, call credentials or another handler.</returns>
    public static IHttpClientBuilder AddClipClient(
        this IServiceCollection services, Action<ClipClientOptions>? configure = null) =>
        services.AddClipClient(nameof(ClipClient), configure);

    /// <summary>
    /// Adds a named <see cref="ClipClient"/>: <c>GrpcClientFactory.CreateClient&lt;ClipClient&gt;(name)</c> gives it.
    /// </summary>
    /// <returns>The factory's builder, for interceptors, call credentials or another handler.</returns>
    public static IHttpClientBuilder AddClipClient(
        this IServiceCollection services, string name, Action<ClipClientOptions>? configure = null)
    {
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<ClipClientOptions>, ClipClientOptionsValidator>());
        services.AddOptions<ClipClientOptions>(name).Configure(options => configure?.Invoke(options)).ValidateOnStart();
        services.TryAddKeyedSingleton<ServerLimits>(name);

        return services
            .AddGrpcClient<ClipClient>(name, (provider, client) =>
                client.Address = ClipChannel.Target(OptionsOf(provider, name)))
            .ConfigureChannel((provider, channel) => ClipChannel.Configure(channel, OptionsOf(provider, name)))
            .ConfigurePrimaryHttpMessageHandler(ClipChannel.CreateHandler)
            .ConfigureGrpcClientCreator((IServiceProvider provider, CallInvoker invoker) => new ClipClient(
                invoker,
                OptionsOf(provider, name),
                provider.GetRequiredKeyedService<ServerLimits>(name),
                null));
    }

    /// <summary>
    /// Adds <c>IEmbeddingGenerator</c> for texts and for <see cref="ClipImage"/> over the <see cref="ClipClient"/> that
    /// <see cref="AddClipClient(IServiceCollection, Action{ClipClientOptions}?)"/> added.
    /// </summary>
    public static IServiceCollection AddClipEmbeddingGenerators(
        this IServiceCollection services, EmbedCallOptions? options = null)
    {
        services.AddTransient<IEmbeddingGenerator<string, Embedding<float>>>(provider =>
            new ClipTextEmbeddingGenerator(provider.GetRequiredService<ClipClient>(), options));
        services.AddTransient<IEmbeddingGenerator<ClipImage, Embedding<float>>>(provider =>
            new ClipImageEmbeddingGenerator(provider.GetRequiredService<ClipClient>(), options));
        return services;
    }

    private static ClipClientOptions OptionsOf(IServiceProvider provider, string name) =>
        provider.GetRequiredService<IOptionsMonitor<ClipClientOptions>>().Get(name);
}
