using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Health;
using ClipGrpc.Server.Telemetry;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Maps exceptions of service methods to the documented statuses, and does not run methods whose deadline has passed.
/// </summary>
internal sealed class ErrorInterceptor(
    DrainState drain, IOptions<ServerOptions> server, ILogger<ErrorInterceptor> logger, TimeProvider time) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        ThrowIfLate(context);
        try
        {
            return await continuation(request, context);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Map(exception, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        ThrowIfLate(context);
        var reader = new RequestReader<TRequest>(
            requests, server.Value.MaxMessageBytes, context.CancellationToken, time);
        try
        {
            await continuation(reader, responses, context);
        }
        catch (IOException)
        {
            // The caller reset the stream while it was read; its token can be cancelled slightly later.
            throw Ended(context);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Map(exception, context);
        }
        finally
        {
            await EndAsync(reader, context);
        }
    }

    private async Task EndAsync<TRequest>(RequestReader<TRequest> reader, ServerCallContext context)
    {
        if (!await reader.EndAsync())
            context.GetHttpContext().Abort();
        if (reader.Refusal is { } refusal)
            logger.CallRefused(context.Method, refusal.Status, RequestId.Of(context.GetHttpContext()));
    }

    // A timeout of microseconds passes before the framework's timer, which has a resolution of milliseconds, can fire.
    private void ThrowIfLate(ServerCallContext context)
    {
        if (CallContext.IsLate(context, time))
            throw CallContext.DeadlinePassed();
    }

    /// <summary>The call's token was cancelled, by its deadline, its caller or the shutdown.</summary>
    private RpcException Ended(ServerCallContext context) =>
        drain.Expired.IsCancellationRequested && !CallContext.IsLate(context, time)
            ? StatusMapper.ToRpcException(StreamStop.ServerStops())
            : CallContext.CallerGone(context, time);

    private RpcException Map(Exception error, ServerCallContext context)
    {
        if (error is ClipException { Code: not ClipErrorCode.Internal } known)
            return StatusMapper.ToRpcException(known);

        // An ended call can fail in many ways (cancelled waits, a reset stream), none of which is a server error.
        if (context.CancellationToken.IsCancellationRequested)
            return Ended(context);

        logger.CallFailed(error, context.Method, RequestId.Of(context.GetHttpContext()));
        return error is ClipException failed ? StatusMapper.ToRpcException(failed) : StatusMapper.ToRpcException();
    }
}
