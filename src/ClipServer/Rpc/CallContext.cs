using ClipGrpc.Serving.Batching;
using Grpc.Core;

namespace ClipGrpc.Server.Rpc;

/// <summary>A call's deadline and cancellation in the engine's terms, and its status when they end it.</summary>
internal static class CallContext
{
    public static WorkContext Of(ServerCallContext context, WorkPriority priority) => new(
        priority,
        context.Deadline == DateTime.MaxValue ? null : new DateTimeOffset(context.Deadline),
        context.CancellationToken);

    public static bool IsLate(ServerCallContext context, TimeProvider time) =>
        context.Deadline <= time.GetUtcNow().UtcDateTime;

    /// <summary>Callers leave when their deadline passes, which may be before the server's own timer.</summary>
    public static RpcException CallerGone(ServerCallContext context, TimeProvider time) => IsLate(context, time)
        ? DeadlinePassed()
        : new RpcException(new Status(StatusCode.Cancelled, "The caller cancelled the call."));

    public static RpcException DeadlinePassed() =>
        new(new Status(StatusCode.DeadlineExceeded, "The deadline passed."));
}
