using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Server.Access;

/// <summary>Each connection is a caller.</summary>
internal sealed class ConnectionCallers : ICallerResolver
{
    public Caller Resolve(HttpContext context) =>
        context.Features.Get<ConnectionOrigin>()?.Caller ?? Caller.None;
}
