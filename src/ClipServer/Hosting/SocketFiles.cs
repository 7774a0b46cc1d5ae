using System.Net;
using System.Net.Sockets;
using ClipGrpc.Models.Files;
using ClipGrpc.Server.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Hosting;

/// <summary>
/// Makes the files of Unix domain sockets: only the user of this process opens the admin socket, and a file that an
/// earlier process left is replaced.
/// </summary>
internal sealed class SocketFiles(IOptions<ServerOptions> options) : IConfigureOptions<SocketTransportOptions>
{
    public void Configure(SocketTransportOptions transport) => transport.CreateBoundListenSocket = Bind;

    private Socket Bind(EndPoint endPoint)
    {
        if (endPoint is not UnixDomainSocketEndPoint)
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);

        var path = endPoint.ToString()!;
        RemoveStale(path, endPoint);
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);

        // Nobody can connect before the socket listens, which is after this.
        if (path == options.Value.AdminSocket && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return socket;
    }

    private static bool IsRegularFile(string path)
    {
        try
        {
            return FileStamp.OfPath(path, path) is not null;
        }
        catch (ClipException)
        {
            return false;
        }
    }

    /// <summary>What nobody listens on was left by a process that was killed.</summary>
    private static void RemoveStale(string path, EndPoint endPoint)
    {
        if (!File.Exists(path))
            return;
        if (IsRegularFile(path))
            throw new IOException($"{path} is a regular file, not a Unix domain socket.");

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
    }
}
