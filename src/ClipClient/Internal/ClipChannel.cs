using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;

namespace ClipGrpc.Client.Internal;

/// <summary>Makes gRPC channels of <see cref="ClipClientOptions"/>.</summary>
internal static class ClipChannel
{
    private const string StaticScheme = "static";

    // The key under which the channel finds the host name of an address, as its own DNS resolver sets it.
    private static readonly BalancerAttributesKey<string> HostKey = new("HostOverride");

    public static GrpcChannel Create(ClipClientOptions options, ServerState state)
    {
        var channelOptions = new GrpcChannelOptions
        {
            HttpHandler = CreateHandler(state),
            DisposeHttpClient = true,
        };
        Configure(channelOptions, options);
        return GrpcChannel.ForAddress(Target(options), channelOptions);
    }

    public static SocketsHttpHandler CreateHandler(ServerState state) => new()
    {
        // A server allows 100 streams on one connection.
        EnableMultipleHttp2Connections = true,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        // Finds a peer that vanished without a word, under a long stream as well.
        KeepAlivePingDelay = TimeSpan.FromSeconds(60),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(30),
        // Only observes: it is called for each new connection. A ConnectCallback would be too, but disables load
        // balancing.
        PlaintextStreamFilter = (context, _) =>
        {
            state.Limits.Connected();
            return ValueTask.FromResult(context.PlaintextStream);
        },
    };

    public static Uri Target(ClipClientOptions options)
    {
        var endpoints = Endpoint.ParseAll(options);
        return endpoints.Length == 1 ? endpoints[0].Uri : new Uri($"{StaticScheme}:///clip");
    }

    public static void Configure(GrpcChannelOptions channelOptions, ClipClientOptions options)
    {
        var endpoints = Endpoint.ParseAll(options);
        channelOptions.Credentials = options.Credentials
            ?? (endpoints[0].Scheme == Uri.UriSchemeHttps ? ChannelCredentials.SecureSsl : ChannelCredentials.Insecure);
        channelOptions.MaxSendMessageSize = options.MaxMessageBytes;
        channelOptions.MaxReceiveMessageSize = options.MaxMessageBytes;
        channelOptions.ServiceConfig = ClipServiceConfig.Create(
            balanced: endpoints.Length > 1 || endpoints[0].Scheme == Endpoint.Dns);

        // The channel connects again in a rhythm of its own. Its default of up to two minutes would leave a server that
        // is back unused.
        channelOptions.InitialReconnectBackoff = options.InitialBackoff;
        channelOptions.MaxReconnectBackoff = options.MaxBackoff;
        if (endpoints.Length > 1)
            channelOptions.ServiceProvider = new StaticResolverProvider([.. endpoints.Select(ToBalancerAddress)]);
    }

    private static BalancerAddress ToBalancerAddress(Endpoint endpoint)
    {
        var address = new BalancerAddress(endpoint.Uri.Host, endpoint.Uri.Port);
        address.Attributes.Set(HostKey, endpoint.Uri.Authority);
        return address;
    }

    /// <summary>Gives the channel its one extra service: the resolver of the addresses.</summary>
    private sealed class StaticResolverProvider(BalancerAddress[] addresses) : IServiceProvider
    {
        private readonly ResolverFactory[] _factories = [new StaticFactory(addresses)];

        public object? GetService(Type serviceType) =>
            serviceType == typeof(IEnumerable<ResolverFactory>) ? _factories : null;
    }

    private sealed class StaticFactory(BalancerAddress[] addresses) : ResolverFactory
    {
        private readonly StaticResolverFactory _inner = new(_ => addresses);

        public override string Name => StaticScheme;

        public override Resolver Create(ResolverOptions options) => _inner.Create(options);
    }
}
