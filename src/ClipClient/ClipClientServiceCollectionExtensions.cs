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
    /// Adds <see cref="ClipClient"/> through the gRPC client factory. Options are validated when the application
    /// starts; the error lists all that are not valid.
    /// </summary>
    /// <returns>The builder of the factory, for interceptors, call credentials or another handler.</returns>
    public static IHttpClientBuilder AddClipClient(
        this IServiceCollection services, Action<ClipClientOptions>? configure = null) =>
        services.AddClipClient(DefaultName, configure);

    /// <summary>
    /// Adds a named <see cref="ClipClient"/> in addition to the default one and others: a keyed service,
    /// <c>[FromKeyedServices(name)] ClipClient</c>, which <c>GrpcClientFactory.CreateClient&lt;ClipClient&gt;(name)</c>
    /// returns as well. It is never the service without a key.
    /// </summary>
    /// <returns>The builder of the factory, for interceptors, call credentials or another handler.</returns>
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
#if NET
            .AddHttpMessageHandler(() => new StreamReplayGuard())
#endif
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
    /// Adds <c>IEmbeddingGenerator&lt;string, Embedding&lt;float&gt;&gt;</c>, a singleton, over a
    /// <see cref="ClipClient"/> that <c>AddClipClient</c> adds.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="name">
    /// The name of the client, which becomes the key of the service; null means the default client and no key.
    /// </param>
    /// <param name="options">The model and the priority; null means the server's default model.</param>
    /// <returns>
    /// The builder, for a cache, telemetry and logging:
    /// <c>.UseClipRevision().UseDistributedCache().UseOpenTelemetry().UseLogging()</c>.
    /// </returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddClipEmbeddingGenerator(
        this IServiceCollection services, string? name = null, EmbedCallOptions? options = null) =>
        services.AddGenerator(name, client => new ClipTextEmbeddingGenerator(client, options));

    /// <summary>
    /// Adds <c>IEmbeddingGenerator&lt;ClipImage, Embedding&lt;float&gt;&gt;</c>, as
    /// <see cref="AddClipEmbeddingGenerator"/> does for texts.
    /// </summary>
    /// <inheritdoc cref="AddClipEmbeddingGenerator"/>
    public static EmbeddingGeneratorBuilder<ClipImage, Embedding<float>> AddClipImageEmbeddingGenerator(
        this IServiceCollection services, string? name = null, EmbedCallOptions? options = null) =>
        services.AddGenerator(name, client => new ClipImageEmbeddingGenerator(client, options));

    /// <summary>
    /// Adds <c>IEmbeddingGenerator&lt;DataContent, Embedding&lt;float&gt;&gt;</c> for image files, as
    /// <see cref="AddClipEmbeddingGenerator"/> does for texts.
    /// </summary>
    /// <inheritdoc cref="AddClipEmbeddingGenerator"/>
    public static EmbeddingGeneratorBuilder<DataContent, Embedding<float>> AddClipDataContentEmbeddingGenerator(
        this IServiceCollection services, string? name = null, EmbedCallOptions? options = null) =>
        services.AddGenerator(name, client => new ClipDataContentEmbeddingGenerator(client, options));

    private static EmbeddingGeneratorBuilder<TInput, Embedding<float>> AddGenerator<TInput>(
        this IServiceCollection services, string? name, Func<ClipClient, ClipEmbeddingGenerator<TInput>> create) =>
        name is null
            ? services.AddEmbeddingGenerator(provider => create(provider.GetRequiredService<ClipClient>()))
            : services.AddKeyedEmbeddingGenerator(
                name, provider => create(provider.GetRequiredKeyedService<ClipClient>(name)));

    private static bool IsUnnamedClient(ServiceDescriptor service) =>
        !service.IsKeyedService && service.ServiceType == typeof(ClipClient);

    private static ServerState StateOf(IServiceProvider provider, string name) =>
        provider.GetRequiredKeyedService<ServerState>(name);

    private static ClipClientOptions OptionsOf(IServiceProvider provider, string name) =>
        provider.GetRequiredService<IOptionsMonitor<ClipClientOptions>>().Get(name);
}
