using Grpc.AspNetCore.Server;
using Grpc.Core;

namespace ClipGrpc.Server.Telemetry;

/// <summary>
/// Measures every gRPC call from its headers to its status: the one that the caller gets, whoever has set it. An
/// interceptor would miss the calls whose bytes never become a message, and deadlines that pass before they do.
/// </summary>
internal sealed class CallMetrics(RequestDelegate next, ClipMetrics metrics, TimeProvider time)
{
    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is { } grpc
            ? MeasureAsync(context, metrics.GetRpc(grpc.Method.FullName))
            : next(context);

    private async Task MeasureAsync(HttpContext context, RpcMetrics rpc)
    {
        var started = time.GetTimestamp();
        rpc.CallStarted();
        try
        {
            await next(context);
        }
        finally
        {
            rpc.CallEnded(StatusOf(context), time.GetElapsedTime(started));
        }
    }

    private StatusCode StatusOf(HttpContext context)
    {
        if (GrpcTrailers.FindStatus(context.Response) is { } sent)
            return sent;
        if (!context.RequestAborted.IsCancellationRequested)
            return StatusCode.Unknown;

        // Callers leave when their deadline passes, which may be before the server's own timer.
        var call = context.Features.Get<IServerCallContextFeature>()?.ServerCallContext;
        return call?.Deadline <= time.GetUtcNow().UtcDateTime ? StatusCode.DeadlineExceeded : StatusCode.Cancelled;
    }
}
