using Grpc.Core;

namespace ClipGrpc.Server.Rpc;

/// <summary>The status of a call that its deadline or its caller ends.</summary>
internal static class CallContext
{
    public static bool IsLate(ServerCallContext context, TimeProvider time) =>
        context.Deadline <= time.GetUtcNow().UtcDateTime;

    /// <summary>Callers leave when their deadline passes, which may be before the server's own timer.</summary>
    public static RpcException CallerGone(ServerCallContext context, TimeProvider time) => IsLate(context, time)
        ? DeadlinePassed()
        : new RpcException(new Status(StatusCode.Cancelled, "The caller cancelled the call."));

    public static RpcException DeadlinePassed() =>
        new(new Status(StatusCode.DeadlineExceeded, "The deadline passed."));
}
