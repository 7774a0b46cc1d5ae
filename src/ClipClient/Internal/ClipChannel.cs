using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Client.Internal;

/// <summary>Makes gRPC channels of <see cref="ClipClientOptions"/>.</summary>
internal static class ClipChannel
{
    private const string StaticScheme = "static";

    // The key under which the channel finds the host name of an address, as its own DNS resolver sets it.
    private static readonly BalancerAttributesKey<string> HostKey = new("HostOverride");

    /// <exception cref="OptionsValidationException">A file of keys or certificates cannot be read.</exception>
    public static GrpcChannel Create(ClipClientOptions options, ServerState state)
    {
        var channelOptions = new GrpcChannelOptions
        {
            HttpHandler = new StreamReplayGuard { InnerHandler = CreateHandler(options, state) },
            DisposeHttpClient = true,
        };
        Configure(channelOptions, options);
        return GrpcChannel.ForAddress(Target(options), channelOptions);
    }

    /// <exception cref="OptionsValidationException">A file of keys or certificates cannot be read.</exception>
    public static SocketsHttpHandler CreateHandler(ClipClientOptions options, ServerState state)
    {
        var handler = new SocketsHttpHandler
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
            SslOptions = ClientTls.Create(options.Tls),
        };
        if (Endpoint.ParseAll(options)[0].SocketPath is { } path)
        {
            handler.UseProxy = false;
            handler.ConnectCallback = (_, cancellationToken) => ConnectAsync(path, cancellationToken);
        }

        options.ConfigureHandler?.Invoke(handler);
        return handler;
    }

    public static Uri Target(ClipClientOptions options)
    {
        var endpoints = Endpoint.ParseAll(options);
        return endpoints.Length == 1 ? endpoints[0].Uri : new Uri($"{StaticScheme}:///clip");
    }

    public static void Configure(GrpcChannelOptions channelOptions, ClipClientOptions options)
    {
        var endpoints = Endpoint.ParseAll(options);
        channelOptions.Credentials = options.Credentials
            ?? (endpoints[0].IsEncrypted ? ChannelCredentials.SecureSsl : ChannelCredentials.Insecure);
        channelOptions.UnsafeUseInsecureChannelCallCredentials =
            options.AllowCleartextCredentials || Array.TrueForAll(endpoints, endpoint => endpoint.IsLocal);
        channelOptions.MaxSendMessageSize = options.MaxMessageBytes;
        channelOptions.MaxReceiveMessageSize = options.MaxMessageBytes;
        channelOptions.ServiceConfig = ClipServiceConfig.Create(
            balanced: endpoints.Length > 1 || endpoints[0].Scheme == Endpoint.Dns);

        // The channel connects again in a rhythm of its own. Its default of up to two minutes would leave a server that
        // is back unused.
        channelOptions.InitialReconnectBackoff = options.InitialBackoff;
        channelOptions.MaxReconnectBackoff = options.MaxBackoff;
        if (options.LoggerFactory is { } loggers)
            channelOptions.LoggerFactory = loggers;
        if (endpoints.Length > 1)
            channelOptions.ServiceProvider = new ResolverProvider(CreateStatic(endpoints));
        else if (endpoints[0].Scheme == Endpoint.Dns)
            channelOptions.ServiceProvider = new ResolverProvider(new DnsResolverFactory(options.DnsRefreshInterval));
    }

    private static StaticFactory CreateStatic(Endpoint[] endpoints) =>
        new([.. endpoints.Select(ToBalancerAddress)]);

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static BalancerAddress ToBalancerAddress(Endpoint endpoint)
    {
        var address = new BalancerAddress(endpoint.Uri.Host, endpoint.Uri.Port);
        address.Attributes.Set(HostKey, endpoint.Uri.Authority);
        return address;
    }

    /// <summary>Gives the channel its one extra service: the resolver of the addresses.</summary>
    private sealed class ResolverProvider(ResolverFactory factory) : IServiceProvider
    {
        private readonly ResolverFactory[] _factories = [factory];

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
