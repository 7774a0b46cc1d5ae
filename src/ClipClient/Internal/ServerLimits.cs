using ClipGrpc.V1;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// The server's limits. They are requested when they are first needed, and again after each new connection, because it
/// may lead to another server or to a restarted one. A failure is not kept.
/// </summary>
internal sealed class ServerLimits
{
    private readonly SharedRun<Limits> _request = new();
    private volatile State? _state;
    private int _connections;

    /// <summary>Null where they are to be requested.</summary>
    public Limits? Known => Find(null);

    /// <summary>A connection was established.</summary>
    public void Connected() => Interlocked.Increment(ref _connections);

    /// <param name="listModels">Requests them.</param>
    /// <param name="outdated">Limits that the server no longer has; null accepts any known limits.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async ValueTask<Limits> GetAsync(
        Func<CancellationToken, Task<ListModelsResponse>> listModels,
        Limits? outdated,
        CancellationToken cancellationToken) =>
        Find(outdated) ?? await _request.JoinAsync(
            async token => Find(outdated) ?? await RequestAsync(listModels, token).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);

    private Limits? Find(Limits? outdated) =>
        _state is { } known && known.Connections == Volatile.Read(ref _connections)
            && !ReferenceEquals(known.Limits, outdated)
            ? known.Limits
            : null;

    private async Task<Limits> RequestAsync(
        Func<CancellationToken, Task<ListModelsResponse>> listModels, CancellationToken cancellationToken)
    {
        var response = await listModels(cancellationToken).ConfigureAwait(false);
        var limits = response.Limits ?? new Limits();

        // Read afterwards, because this request may itself open the connection.
        _state = new State(limits, Volatile.Read(ref _connections));
        return limits;
    }

    private sealed record State(Limits Limits, int Connections);
}
