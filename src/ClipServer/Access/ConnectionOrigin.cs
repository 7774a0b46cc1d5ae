using System.Net;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Server.Access;

/// <summary>
/// Where a connection came in and who is at its other end, noted when it was accepted: nothing that a request says can
/// change it.
/// </summary>
internal sealed record ConnectionOrigin(Listener Listener, EndPoint? Remote)
{
    /// <summary>Of callers that are known by nothing else.</summary>
    public CallerKey Key { get; } = new();
}
