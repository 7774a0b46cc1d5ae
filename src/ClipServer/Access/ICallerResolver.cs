using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Server.Access;

/// <summary>Whose call it is, for everything that callers share fairly.</summary>
internal interface ICallerResolver
{
    /// <returns>The same object for all calls of a caller.</returns>
    Caller Resolve(HttpContext context);
}
