using ClipGrpc.Models.Catalog;
using ClipGrpc.Serving.Models;

namespace ClipGrpc.FunctionalTests.Hosting;

/// <summary>A model that is never ready: tests of the host need none.</summary>
internal sealed class EndlessLoader : IModelLoader
{
    public async Task<RunningModel> LoadAsync(ModelSpec spec, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        throw new OperationCanceledException(cancellationToken);
    }
}
