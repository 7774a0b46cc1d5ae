using System.Net;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Server.Access;

/// <summary>
/// Where a connection came in and who is at its other end, noted when it was accepted: nothing that a request says can
/// change it.
/// </summary>
internal sealed record ConnectionOrigin(Listener Listener, EndPoint? Remote)
{
    private int _waiting;

    /// <summary>Of callers that are known by nothing else.</summary>
    public CallerKey Key { get; } = new();

    /// <summary>Bytes of a message stay unread in the connection's window.</summary>
    /// <returns>False: with what waits already they are more than <paramref name="most"/>.</returns>
    public bool TryWait(int bytes, int most)
    {
        if (Interlocked.Add(ref _waiting, bytes) <= most)
            return true;

        EndWait(bytes);
        return false;
    }

    public void EndWait(int bytes) => Interlocked.Add(ref _waiting, -bytes);
}
