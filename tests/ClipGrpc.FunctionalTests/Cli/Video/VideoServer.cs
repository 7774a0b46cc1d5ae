using ClipGrpc.FunctionalTests.Server;

namespace ClipGrpc.FunctionalTests.Cli.Video;

/// <summary>A server with the demo model, which tells the samples apart.</summary>
public sealed class VideoServer : IAsyncLifetime
{
    private RunningServer? _server;

    public string Address => _server!.GrpcAddress.ToString();

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
