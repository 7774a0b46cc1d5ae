using System.Net;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Hosting;

/// <summary>Opens the two ports and sets the connection limits.</summary>
internal sealed class KestrelSetup(
    IOptions<ServerOptions> options, ProcessMemory memory, ListenerAddresses addresses)
    : IConfigureOptions<KestrelServerOptions>
{
    /// <summary>Room for what surrounds a message of the largest size: gRPC's own check answers better than a cut
    /// connection.</summary>
    private const int MessageFraming = 64 * 1024;

    public void Configure(KestrelServerOptions kestrel)
    {
        var server = options.Value;
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = (long)server.MaxMessageBytes + MessageFraming;
        kestrel.Limits.MaxConcurrentConnections = memory.MaxConnections;
        kestrel.Limits.Http2.InitialConnectionWindowSize = ReceiveWindows.Connection;
        kestrel.Limits.Http2.InitialStreamWindowSize = ReceiveWindows.Stream;
        kestrel.Limits.Http2.MaxStreamsPerConnection = server.MaxStreamsPerConnection;
        kestrel.Limits.Http2.KeepAlivePingDelay = server.KeepAlivePingDelay;
        kestrel.Limits.Http2.KeepAlivePingTimeout = server.KeepAlivePingTimeout;

        Listen(kestrel, server.Host, server.GrpcPort, listen => Configure(listen, Listener.Grpc, HttpProtocols.Http2));
        Listen(kestrel, server.Host, server.HttpPort, listen => Configure(listen, Listener.Http, HttpProtocols.Http1));
    }

    private void Configure(ListenOptions listen, Listener listener, HttpProtocols protocols)
    {
        addresses.Add(listener, listen);
        listen.Protocols = protocols;
        listen.Use(next => connection => Mark(connection, listener, next));
    }

    private static Task Mark(ConnectionContext connection, Listener listener, ConnectionDelegate next)
    {
        connection.Features.Set(new ConnectionOrigin(listener, connection.RemoteEndPoint));
        return next(connection);
    }

    private static void Listen(KestrelServerOptions kestrel, string host, int port, Action<ListenOptions> configure)
    {
        if (host == "*")
            kestrel.ListenAnyIP(port, configure);
        else if (host != "localhost")
            kestrel.Listen(IPAddress.Parse(host), port, configure);
        else if (port != 0)
            kestrel.ListenLocalhost(port, configure);
        else
            kestrel.Listen(IPAddress.Loopback, port, configure); // One free port on both loopbacks cannot be had.
    }
}
