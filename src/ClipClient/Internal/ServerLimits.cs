using ClipGrpc.V1;

namespace ClipGrpc.Client.Internal;

/// <summary>The server's limits, asked for once, when they are first needed. A failure is not kept.</summary>
internal sealed class ServerLimits
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile Limits? _limits;

    public async ValueTask<Limits> GetAsync(
        Func<CancellationToken, Task<ListModelsResponse>> listModels, CancellationToken cancellationToken)
    {
        if (_limits is { } known)
            return known;

        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _limits ??= (await listModels(cancellationToken).ConfigureAwait(false)).Limits ?? new Limits();
        }
        finally
        {
            _gate.Release();
        }
    }
}
