using ClipGrpc.Client.Internal;
using Grpc.Core;
using Grpc.Net.ClientFactory;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Client;

/// <summary>Adds <see cref="ClipClient"/> to a service collection.</summary>
public static class ClipClientServiceCollectionExtensions
{
    private const string DefaultName = nameof(ClipClient);

    /// <summary>
    /// Adds <see cref="ClipClient"/> through the gRPC client factory. Wrong options are all named when the application
    /// starts.
    /// </summary>
    /// <returns>The factory's builder, for interceptors, call credentials or another handler.</returns>
    public static IHttpClientBuilder AddClipClient(
        this IServiceCollection services, Action<ClipClientOptions>? configure = null) =>
        services.AddClipClient(DefaultName, configure);

    /// <summary>
    /// Adds a named <see cref="ClipClient"/> beside the default one and others: a keyed service,
    /// <c>[FromKeyedServices(name)] ClipClient</c>, which <c>GrpcClientFactory.CreateClient&lt;ClipClient&gt;(name)</c>
    /// returns as well. It is never the service without a key.
    /// </summary>
    /// <returns>The factory's builder, for interceptors, call credentials or another handler.</returns>
    public static IHttpClientBuilder AddClipClient(
        this IServiceCollection services, string name, Action<ClipClientOptions>? configure = null)
    {
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<ClipClientOptions>, ClipClientOptionsValidator>());
        services.AddOptions<ClipClientOptions>(name).Configure(options => configure?.Invoke(options)).ValidateOnStart();
        services.TryAddKeyedSingleton<ServerState>(name);
        services.TryAddKeyedTransient(name, (provider, _) =>
            provider.GetRequiredService<GrpcClientFactory>().CreateClient<ClipClient>(name));

        var others = services.Where(IsUnnamedClient).ToArray();
        var builder = services
            .AddGrpcClient<ClipClient>(name, (provider, client) =>
                client.Address = ClipChannel.Target(OptionsOf(provider, name)))
            .ConfigureChannel((provider, channel) => ClipChannel.Configure(channel, OptionsOf(provider, name)))
            .ConfigurePrimaryHttpMessageHandler(provider =>
                ClipChannel.CreateHandler(OptionsOf(provider, name), StateOf(provider, name)))
            .AddHttpMessageHandler(() => new StreamReplayGuard())
            .ConfigureGrpcClientCreator((IServiceProvider provider, CallInvoker invoker) => new ClipClient(
                invoker,
                OptionsOf(provider, name),
                StateOf(provider, name),
                null,
                ServerNames.OfOwnChannel(OptionsOf(provider, name))));
        if (name != DefaultName)
        {
            // The factory also registers it without a key, where it would replace the default client.
            foreach (var added in services.Where(IsUnnamedClient).Except(others).ToArray())
                services.Remove(added);
        }

        return builder;
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

    private static bool IsUnnamedClient(ServiceDescriptor service) =>
        !service.IsKeyedService && service.ServiceType == typeof(ClipClient);

    private static ServerState StateOf(IServiceProvider provider, string name) =>
        provider.GetRequiredKeyedService<ServerState>(name);

    private static ClipClientOptions OptionsOf(IServiceProvider provider, string name) =>
        provider.GetRequiredService<IOptionsMonitor<ClipClientOptions>>().Get(name);
}
