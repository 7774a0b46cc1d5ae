using ClipGrpc.Server.Access;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Rpc;

/// <summary>A call in the engine's terms: whose it is, until when it is waited for, and whether it still is.</summary>
internal sealed class WorkContexts(CallerKeys callers, IOptions<LimitOptions> limits, TimeProvider time)
{
    /// <summary>For a unary call, or for one item of a stream, whose default deadline begins now.</summary>
    public WorkContext Of(ServerCallContext context, WorkPriority priority)
    {
        var hasDeadline = context.Deadline != DateTime.MaxValue;
        return new WorkContext(
            priority, hasDeadline ? new DateTimeOffset(context.Deadline) : null, context.CancellationToken)
        {
            Caller = callers.Of(context.GetHttpContext()),
            Expiry = hasDeadline ? null : time.GetUtcNow() + limits.Value.DefaultDeadline,
        };
    }
}
