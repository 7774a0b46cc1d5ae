using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace ClipGrpc.FunctionalTests.Client;

/// <summary>
/// In front of a server. Its first connection behaves as one of a server that stops: when the first data of a request
/// arrives, it says that it has taken none. Further connections are those of the server.
/// </summary>
internal sealed class GoAwayProxy : IAsyncDisposable
{
    private const int PrefaceLength = 24;
    private const int FrameHeaderLength = 9;
    private const byte DataFrame = 0;

    private static readonly byte[] Settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];

    /// <summary>The last stream that was taken is 0, which is none, and there was no error.</summary>
    private static readonly byte[] GoAway = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly int _serverPort;
    private readonly Task _accepting;
    private int _connections;

    public GoAwayProxy(string serverAddress)
    {
        _serverPort = new Uri(serverAddress).Port;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public int Connections => Volatile.Read(ref _connections);

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting.WaitAsync(ScriptedServer.Patience);
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_ended.Token);
                var isFirst = Interlocked.Increment(ref _connections) == 1;
                connections.Add(isFirst ? RefuseAsync(client) : ForwardAsync(client));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task RefuseAsync(TcpClient client)
    {
        using (client)
        {
            var stream = client.GetStream();
            var header = new byte[PrefaceLength];
            await stream.ReadExactlyAsync(header, _ended.Token);
            await stream.WriteAsync(Settings, _ended.Token);
            int length;
            do
            {
                await stream.ReadExactlyAsync(header.AsMemory(0, FrameHeaderLength), _ended.Token);
                length = BinaryPrimitives.ReadInt32BigEndian(header) >> 8;
                await stream.ReadExactlyAsync(new byte[length], _ended.Token);
            }
            while (header[3] != DataFrame || length == 0);

            await stream.WriteAsync(GoAway, _ended.Token);
            await EndAsync(() => stream.CopyToAsync(Stream.Null, _ended.Token));
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            await server.ConnectAsync(IPAddress.Loopback, _serverPort, _ended.Token);
            var (one, other) = (client.GetStream(), server.GetStream());
            await Task.WhenAny(
                EndAsync(() => one.CopyToAsync(other, _ended.Token)),
                EndAsync(() => other.CopyToAsync(one, _ended.Token)));
        }
    }

    private static async Task EndAsync(Func<Task> copy)
    {
        try
        {
            await copy();
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // Either side has closed the connection, or the test is over.
        }
    }
}
