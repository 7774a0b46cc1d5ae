using ClipGrpc.V1;
using Grpc.Net.Client;

namespace ClipGrpc.LoadTest.Driving;

/// <summary>
/// Connections to one server, taken in turns. A connection that has as many calls under way as the server allows gets
/// a second one beside it, so that no call waits in the client.
/// </summary>
internal sealed class Connections : IDisposable
{
    public const int StandardCount = 4;

    private const int LargestMessage = 64 << 20;

    private readonly GrpcChannel[] _channels;
    private readonly ClipService.ClipServiceClient[] _clients;

    public Connections(Uri address, int count)
    {
        Address = address;
        _channels = [.. Enumerable.Range(0, count).Select(_ => Open(address))];
        _clients = [.. _channels.Select(channel => new ClipService.ClipServiceClient(channel))];
    }

    public Uri Address { get; }

    public int Count => _clients.Length;

    public ClipService.ClipServiceClient this[long number] => _clients[number % _clients.Length];

    public void Dispose()
    {
        foreach (var channel in _channels)
            channel.Dispose();
    }

    private static GrpcChannel Open(Uri address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, UseProxy = false },
        DisposeHttpClient = true,
        MaxReceiveMessageSize = LargestMessage,
        MaxSendMessageSize = LargestMessage,
        MaxRetryAttempts = null, // every attempt is counted
    });
}
