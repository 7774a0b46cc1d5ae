using System.IO.Pipelines;
using System.Text;
using ClipGrpc.Server.Health;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Around the framework's part of a gRPC call: refuses deadlines that it would ignore, and gives what it makes of a
/// request that is malformed, what access control refuses, and errors that no interceptor saw, the status of the
/// contract. Ends calls that are open when the time for stopping is over.
/// </summary>
internal sealed class CallGuard(
    RequestDelegate next, DrainState drain, IOptions<LimitOptions> limits, ILogger<CallGuard> logger,
    TimeProvider time)
{
    private const string Message = "grpc-message";
    private const string Details = "grpc-status-details-bin";

    private readonly int _maxOpen = limits.Value.MaxOpenCalls;

    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not { } grpc)
            return next(context);

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
        logger.CallRefused(rpc, Refuse(context, error).Status);
        return Task.CompletedTask;
    }

    private static RpcException Refuse(HttpContext context, ClipException error)
    {
        var refusal = StatusMapper.ToRpcException(error);
        context.Response.ContentType = "application/grpc";
        Write(context.Response.Headers, refusal);
        return refusal;
    }

    private ClipException? FindRefusal(HttpContext context) => drain.Expired.IsCancellationRequested
        ? StreamStop.ServerStops()
        : CallTimeout.Check(context.Request.Headers[CallTimeout.Header]);

    private async Task RunAsync(HttpContext context, string rpc)
    {
        var aborted = context.RequestAborted;

        // The end of the time for stopping cancels the call's work and the reading of its messages.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(aborted, drain.Expired);
        using var reading = drain.Expired.UnsafeRegister(
            static body => ((PipeReader)body!).CancelPendingRead(), context.Request.BodyReader);
        context.RequestAborted = ended.Token;
        try
        {
            await next(context);
        }
        catch (ClipException exception) when (!context.Response.HasStarted)
        {
            Refuse(context, exception); // by access control, which has logged it
            return;
        }
        finally
        {
            context.RequestAborted = aborted;
            drain.CallEnded();
        }

        var call = context.Features.Get<IServerCallContextFeature>()?.ServerCallContext;
        if (call is null || call.Status.StatusCode == StatusCode.OK)
            return;

        // What has been sent stands: a deadline that passed completes the response at once.
        var response = context.Response;
        var trailers = response.HasStarted
            ? context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
            : response.Headers;
        var isGone = aborted.IsCancellationRequested;
        if (trailers is { IsReadOnly: false } && !trailers.ContainsKey(Details) && Map(call, rpc, isGone) is { } error)
            Write(trailers, error);
    }

    /// <summary>Null: the status is right. Errors of this server carry details and do not come here.</summary>
    private RpcException? Map(ServerCallContext call, string rpc, bool isGone)
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
        if ((thrown is null ? MalformedMessage.From(status) : MalformedMessage.From(thrown)) is { } refusal)
        {
            logger.CallRefused(rpc, refusal.Status);
            return refusal;
        }

        if (status.StatusCode != StatusCode.Unknown)
            return null;

        // The caller reset the stream while it was read; the request may count as aborted only a moment later.
        if (thrown is IOException or OperationCanceledException)
            return CallContext.CallerGone(call, time);

        logger.CallFailed(thrown, rpc);
        return StatusMapper.ToRpcException();
    }

    private static void Write(IHeaderDictionary trailers, RpcException error)
    {
        trailers[GrpcTrailers.Status] = error.StatusCode.ToString("D");
        trailers[Message] = PercentEncode(error.Status.Detail);
        foreach (var entry in error.Trailers)
            trailers[entry.Key] = entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value;
    }

    /// <summary>As gRPC has it: UTF-8, and what is not printable ASCII, or is a percent sign, as %XX.</summary>
    private static string PercentEncode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            if (value is >= 0x20 and <= 0x7e and not (byte)'%')
                encoded.Append((char)value);
            else
                encoded.Append('%').Append(value.ToString("X2"));
        }

        return encoded.ToString();
    }
}
