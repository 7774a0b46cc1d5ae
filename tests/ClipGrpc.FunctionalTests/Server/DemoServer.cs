using ClipGrpc.V1;

[assembly: AssemblyFixture(typeof(ClipGrpc.FunctionalTests.Server.DemoServer))]

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>One server with the demo model, shared by the tests that leave it as they found it.</summary>
public sealed class DemoServer : IAsyncLifetime
{
    private RunningServer? _server;

    internal RunningServer Server => _server ?? throw new InvalidOperationException("The server has not started.");

    public ClipService.ClipServiceClient Clip => Server.Clip;

    public ModelService.ModelServiceClient Models => Server.Models;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
