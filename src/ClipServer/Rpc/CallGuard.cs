using System.IO.Pipelines;
using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Health;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Runs around the gRPC framework: rejects deadlines that the framework would ignore, and sets the documented status of
/// malformed requests, of calls that access control rejects, and of errors that do not reach an interceptor. Ends calls
/// that are still open after the shutdown timeout.
/// </summary>
internal sealed class CallGuard(
    RequestDelegate next, DrainState drain, IOptions<LimitOptions> limits, IOptions<ServerOptions> server,
    ILogger<CallGuard> logger, TimeProvider time)
{
    private const string GrpcContent = "application/grpc";

    private readonly int _maxOpen = limits.Value.MaxOpenCalls;

    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not { } grpc)
            return IsGrpc(context) ? RunUnknownAsync(context) : next(context);

        var rpc = grpc.Method.FullName;
        if (FindRefusal(context) is { } error)
            return RefuseAsync(context, rpc, error);
        if (drain.CallStarted() <= _maxOpen)
            return RunAsync(context, rpc);

        drain.CallEnded();
        return RefuseAsync(context, rpc, CallContext.TooManyOpen(_maxOpen));
    }

    private Task RefuseAsync(HttpContext context, string rpc, ClipException error)
    {
        logger.CallRefused(rpc, Refuse(context, error).Status, RequestId.Of(context));
        return Task.CompletedTask;
    }

    private static RpcException Refuse(HttpContext context, ClipException error)
    {
        var refusal = StatusMapper.ToRpcException(error);
        context.Response.ContentType = GrpcContent;
        FailedCall.Write(context.Response.Headers, refusal);
        FailedCall.Complete(context, context.Response.Headers, refusal.StatusCode, refusal.Status.Detail);
        return refusal;
    }

    private static bool IsGrpc(HttpContext context) =>
        context.Request.ContentType?.StartsWith(GrpcContent, StringComparison.Ordinal) == true;

    /// <summary>Completes a call of an unknown method, to which the framework's own endpoints respond.</summary>
    private async Task RunUnknownAsync(HttpContext context)
    {
        await next(context);
        var headers = context.Response.Headers;
        if (!context.Response.HasStarted && GrpcTrailers.FindStatus(context.Response) is { } status)
            FailedCall.Complete(context, headers, status, $"There is no method {Excerpt.Of(context.Request.Path)}.");
    }

    private ClipException? FindRefusal(HttpContext context) => drain.Expired.IsCancellationRequested
        ? StreamStop.ServerStops()
        : CallTimeout.Check(context.Request.Headers[CallTimeout.Header]);

    private async Task RunAsync(HttpContext context, string rpc)
    {
        var aborted = context.RequestAborted;

        // The end of the shutdown timeout cancels the call's work and the reading of its messages.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(aborted, drain.Expired);
        using var reading = drain.Expired.UnsafeRegister(
            static body => ((PipeReader)body!).CancelPendingRead(), context.Request.BodyReader);
        context.RequestAborted = ended.Token;
        var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var response = new ResponseCompletion(context, body);
        context.Features.Set<IHttpResponseBodyFeature>(response);
        try
        {
            await next(context);
        }
        catch (ClipException exception) when (!context.Response.HasStarted)
        {
            Refuse(context, exception); // rejected by access control, which has logged it
            return;
        }
        finally
        {
            context.Features.Set(body);
            context.RequestAborted = aborted;
            drain.CallEnded();
        }

        var call = context.Features.Get<IServerCallContextFeature>()?.ServerCallContext;
        if (call is null || call.Status.StatusCode == StatusCode.OK || response.IsCompleted
            || FailedCall.TrailersOf(context.Response) is not { } trailers)
        {
            return;
        }

        var status = call.Status;
        var isGone = aborted.IsCancellationRequested;
        if (!FailedCall.HasDetails(trailers) && Map(call, context, rpc, isGone) is { } error)
        {
            FailedCall.Write(trailers, error);
            status = error.Status;
        }

        FailedCall.Complete(context, trailers, status.StatusCode, status.Detail);
    }

    /// <summary>Returns null if the status is correct. Errors of this server have details and are not passed here.
    /// </summary>
    private RpcException? Map(ServerCallContext call, HttpContext context, string rpc, bool isGone)
    {
        var status = call.Status;
        if (isGone && status.StatusCode is (StatusCode.Unknown or StatusCode.Internal))
            return CallContext.CallerGone(call, time);

        if (drain.Expired.IsCancellationRequested
            && status.StatusCode is (StatusCode.Unknown or StatusCode.Internal or StatusCode.Cancelled))
        {
            return StatusMapper.ToRpcException(StreamStop.ServerStops());
        }

        var thrown = status.DebugException;
        var most = server.Value.MaxMessageBytes;
        if ((thrown is null ? MalformedMessage.From(status, most) : MalformedMessage.From(thrown, most)) is { } refusal)
        {
            logger.CallRefused(rpc, refusal.Status, RequestId.Of(context));

            // After invalid base64, the framework leaves the body in the middle of a read and Kestrel closes the
            // connection. A caller that reuses it for other calls must be told.
            if (!context.Response.HasStarted && !HttpProtocol.IsHttp2(context.Request.Protocol))
                context.Response.Headers.Connection = "close";

            return refusal;
        }

        if (status.StatusCode != StatusCode.Unknown)
            return null;

        // The caller reset the stream while it was read; the request can be marked as aborted slightly later.
        if (thrown is IOException or OperationCanceledException)
            return CallContext.CallerGone(call, time);

        logger.CallFailed(thrown, rpc, RequestId.Of(context));
        return StatusMapper.ToRpcException();
    }
}
