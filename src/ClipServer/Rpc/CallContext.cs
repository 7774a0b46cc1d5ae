using ClipGrpc.Serving.Batching;
using Grpc.Core;

namespace ClipGrpc.Server.Rpc;

/// <summary>A call's deadline and cancellation in the engine's terms.</summary>
internal static class CallContext
{
    public static WorkContext Of(ServerCallContext context, WorkPriority priority) => new(
        priority,
        context.Deadline == DateTime.MaxValue ? null : new DateTimeOffset(context.Deadline),
        context.CancellationToken);
}
