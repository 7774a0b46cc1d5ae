using System.Net;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Hosting;

/// <summary>Where the server listens; the ports in use are known once it has started.</summary>
internal sealed class ListenerAddresses(IOptions<ServerOptions> options)
{
    private readonly Dictionary<Listener, ListenOptions> _listeners = [];

    /// <summary>Where a client on this machine reaches gRPC.</summary>
    public Uri Grpc => GetAddress(Listener.Grpc);

    /// <summary>Where a client on this machine reaches metrics and probes.</summary>
    public Uri Http => GetAddress(Listener.Http);

    /// <summary>An address as people write it: <c>http://localhost:50051</c>.</summary>
    public static string Format(Uri address) => address.GetLeftPart(UriPartial.Authority);

    public void Add(Listener listener, ListenOptions listenOptions) => _listeners[listener] = listenOptions;

    private Uri GetAddress(Listener listener)
    {
        if (!_listeners.TryGetValue(listener, out var listenOptions))
            throw new InvalidOperationException("The server does not listen yet.");

        var host = options.Value.Host is "localhost" or "*" || IsAny(options.Value.Host)
            ? "localhost" : options.Value.Host;
        return new UriBuilder(Uri.UriSchemeHttp, host, listenOptions.IPEndPoint!.Port).Uri;
    }

    private static bool IsAny(string host) =>
        IPAddress.TryParse(host, out var address)
            && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
}
