using ClipGrpc.Server.Access;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Rpc;

/// <summary>Creates the work context of a call: its caller, deadline and cancellation.</summary>
internal sealed class WorkContexts(CallerKeys callers, IOptions<LimitOptions> limits, TimeProvider time)
{
    /// <summary>For a unary call or an item of a stream. The default deadline starts now.</summary>
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
