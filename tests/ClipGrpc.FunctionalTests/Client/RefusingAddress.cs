using System.Net;
using System.Net.Sockets;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>
/// An address where no server listens, and none can while it is held: a port that is only free may be given to a server
/// of another test, or of another process, before the test connects to it.
/// </summary>
internal sealed class RefusingAddress : IDisposable
{
    private readonly Socket _bound = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public RefusingAddress() => _bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public string Address => $"http://{_bound.LocalEndPoint}";

    public void Dispose() => _bound.Dispose();
}
