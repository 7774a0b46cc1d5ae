using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.V1;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>
/// A server with the demo model in which each item is a batch of its own. Embeddings are then the same to the bit
/// whichever tests run at the same time: in another batch they differ in the last bits.
/// </summary>
public sealed class UnbatchedServer : IAsyncLifetime
{
    private RunningServer? _server;

    internal RunningServer Server => _server ?? throw new InvalidOperationException("The server has not started.");

    public ClipService.ClipServiceClient Clip => Server.Clip;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync(
        new Dictionary<string, string?> { ["Clip:Batching:MaxBatchSize"] = "1" });

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
