using ClipGrpc.Server.Telemetry;
using Grpc.Core;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// After an error that ended a call while its caller was still sending: sends the status, then waits until the caller
/// has ended its side too, which gRPC clients do immediately. Otherwise Kestrel resets the stream and tracks it for
/// 5 s, and rejects new calls on a connection that has twice <c>MaxStreamsPerConnection</c> tracked streams. HTTP/1.1,
/// which gRPC-Web calls can use, has no streams to reset.
/// </summary>
internal sealed class RequestDrain(RequestDelegate next, TimeProvider time)
{
    private const long MaxBytes = 1024 * 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    public async Task InvokeAsync(HttpContext context)
    {
        var isHttp2 = HttpProtocol.IsHttp2(context.Request.Protocol);
        await next(context);
        if (isHttp2
            && GrpcTrailers.FindStatus(context.Response) is not (null or StatusCode.OK)
            && !context.RequestAborted.IsCancellationRequested)
        {
            await DrainAsync(context);
        }
    }

    private async Task DrainAsync(HttpContext context)
    {
        using var ended = new CancellationTokenSource(Limit, time);
        var body = context.Request.BodyReader;
        try
        {
            var received = 0L;
            var completed = false;
            while (received <= MaxBytes)
            {
                if (!body.TryRead(out var read))
                {
                    if (!completed)
                        await context.Response.CompleteAsync();
                    completed = true;
                    read = await body.ReadAsync(ended.Token);
                }

                received += read.Buffer.Length;
                body.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || read.IsCanceled)
                    return;
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The caller has reset the stream, which ends it, or goes on sending: Kestrel resets it.
        }
    }
}
