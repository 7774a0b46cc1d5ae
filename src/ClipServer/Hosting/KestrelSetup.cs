using System.Net;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Hosting;

/// <summary>Opens the listeners and sets the connection limits.</summary>
internal sealed class KestrelSetup(
    IOptions<ServerOptions> options, ProcessMemory memory, ListenerAddresses addresses, TlsSetup tls)
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

        if (server.IsOnePort)
        {
            Listen(kestrel, null, server.GrpcPort, Listener.Grpc | Listener.Http);
        }
        else
        {
            Listen(kestrel, server.GrpcListen, server.GrpcPort, Listener.Grpc);
            Listen(kestrel, server.HttpListen, server.HttpPort, Listener.Http);
        }

        if (server.AdminSocket is { } admin)
            kestrel.ListenUnixSocket(admin, listen => Configure(listen, Listener.Admin));
    }

    private void Listen(KestrelServerOptions kestrel, string? address, int port, Listener listener)
    {
        void Apply(ListenOptions listen)
        {
            Configure(listen, listener);
            tls.Apply(listen, listener);
        }

        var host = options.Value.Host;
        if (ServerOptions.SocketPath(address) is { } path)
            kestrel.ListenUnixSocket(path, Apply);
        else if (host == "*")
            kestrel.ListenAnyIP(port, Apply);
        else if (host != "localhost")
            kestrel.Listen(IPAddress.Parse(host), port, Apply);
        else if (port != 0)
            kestrel.ListenLocalhost(port, Apply);
        else
            kestrel.Listen(IPAddress.Loopback, port, Apply); // One free port on both loopbacks cannot be had.
    }

    private void Configure(ListenOptions listen, Listener listener)
    {
        addresses.Add(listener, listen);
        listen.Protocols = listener == Listener.Http ? HttpProtocols.Http1 : HttpProtocols.Http2;
        listen.Use(next => connection => Mark(connection, listener, next));
    }

    private static Task Mark(ConnectionContext connection, Listener listener, ConnectionDelegate next)
    {
        connection.Features.Set(new ConnectionOrigin(listener, connection.RemoteEndPoint));
        return next(connection);
    }
}
