using ClipGrpc.Server.Access;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using Grpc.Core;

namespace ClipGrpc.Server.Rpc;

/// <summary>Charges calls to their callers, and creates the statuses of calls that end early.</summary>
internal static class CallContext
{
    private static readonly TimeSpan TimerSlack = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Counts items against the caller's rate.</summary>
    /// <exception cref="ClipException">The caller has reached it.</exception>
    public static void Charge(ServerCallContext context, int items, ClipMetrics metrics) =>
        Charge(context.GetHttpContext(), items, metrics);

    /// <inheritdoc cref="Charge(ServerCallContext, int, ClipMetrics)"/>
    public static void Charge(HttpContext context, int items, ClipMetrics metrics)
    {
        var caller = Caller.Of(context);
        caller.Limits?.TakeItems(items);
        metrics.CallerSent(caller.MetricLabel, items);
    }

    /// <summary>Counts the sentences of labels against the caller's rate, unless their embeddings are stored.</summary>
    /// <exception cref="ClipException">The caller has reached it.</exception>
    public static void ChargeLabels(
        HttpContext context, LabelEmbedder labels, RunningModel model, LabelSetDefinition definition,
        ClipMetrics metrics)
    {
        if (Caller.Of(context).Limits is not null && !labels.Contains(model, definition))
            Charge(context, definition.SentenceCount, metrics);
    }

    /// <summary>The server has reached its maximum of open calls, over gRPC and HTTP together.</summary>
    public static ClipException TooManyOpen(int most) => new(
        ClipErrorReason.ServerCallLimit,
        $"The server has {most:N0} open calls, its maximum (Clip:Limits:MaxOpenCalls).")
    {
        RetryAfter = RetryAfter,
        Metadata = ErrorMetadata.Of(ErrorMetadata.Limit, ErrorMetadata.ToText(most)),
    };

    public static bool IsLate(ServerCallContext context, TimeProvider time) =>
        context.Deadline <= time.GetUtcNow().UtcDateTime;

    /// <summary>
    /// Callers cancel when their deadline passes, which can be before the server's timer fires. This timer can fire
    /// before the clock has reached the deadline.
    /// </summary>
    public static RpcException CallerGone(ServerCallContext context, TimeProvider time) =>
        context.Deadline <= time.GetUtcNow().UtcDateTime + TimerSlack
            ? DeadlinePassed()
            : StatusMapper.ToRpcException(
                StatusCode.Cancelled, "The caller cancelled the call.", ClipErrorReason.CallCancelled);

    public static RpcException DeadlinePassed() =>
        StatusMapper.ToRpcException(new ClipException(ClipErrorReason.DeadlinePassed, "The deadline passed."));
}
