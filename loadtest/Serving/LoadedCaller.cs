using ClipGrpc.LoadTest.Driving;

namespace ClipGrpc.LoadTest.Serving;

/// <summary>A load on a connection of its own, which makes it a caller of its own.</summary>
internal sealed class LoadedCaller(Uri address, TimeProvider time) : IDisposable
{
    private readonly Connections _connections = new(address, 1);

    public Task<LoadResult> RunAsync(IWorkload workload, LoadStep step, CancellationToken cancellationToken) =>
        new LoadGenerator(_connections, time).RunAsync(workload, step, cancellationToken);

    public void Dispose() => _connections.Dispose();
}
