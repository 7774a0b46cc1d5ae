using System.Net;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Hosting;

/// <summary>Where the server listens; the ports in use are known once it has started.</summary>
internal sealed class ListenerAddresses(IOptions<ServerOptions> options, TlsSetup tls)
{
    private readonly Dictionary<Listener, ListenOptions> _listeners = [];

    /// <summary>Where a client on this machine reaches gRPC.</summary>
    public Uri Grpc => GetAddress(Listener.Grpc);

    /// <summary>Where a client on this machine reaches metrics and probes.</summary>
    public Uri Http => GetAddress(Listener.Http);

    /// <summary>The listeners that other machines may reach.</summary>
    public IReadOnlyList<Listener> Remote =>
    [
        .. _listeners.Where(pair => pair.Value.IPEndPoint is { } endPoint && !IPAddress.IsLoopback(endPoint.Address))
            .Select(pair => pair.Key),
    ];

    /// <summary>An address as people write it: <c>http://localhost:50051</c> or <c>unix:/run/clip.sock</c>.</summary>
    public static string Format(Uri address) =>
        address.IsFile ? $"unix:{address.LocalPath}" : address.GetLeftPart(UriPartial.Authority);

    public void Add(Listener listener, ListenOptions listenOptions) => _listeners[listener] = listenOptions;

    private Uri GetAddress(Listener listener)
    {
        var (key, listen) = _listeners.FirstOrDefault(pair => pair.Key.HasFlag(listener));
        if (listen is null)
            throw new InvalidOperationException("The server is not listening yet.");
        if (listen.SocketPath is { } path)
            return new UriBuilder(Uri.UriSchemeFile, "") { Path = path }.Uri;

        var host = options.Value.Host is "localhost" or "*" || IsAny(options.Value.Host)
            ? "localhost" : options.Value.Host;
        var scheme = tls.IsEnabled(key) ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
        return new UriBuilder(scheme, host, listen.IPEndPoint!.Port).Uri;
    }

    private static bool IsAny(string host) =>
        IPAddress.TryParse(host, out var address)
            && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
}
