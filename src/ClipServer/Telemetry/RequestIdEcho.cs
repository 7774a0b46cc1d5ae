namespace ClipGrpc.Server.Telemetry;

/// <summary>Sends the caller's own request id back. Errors carry the server's where the caller has sent none.</summary>
internal sealed class RequestIdEcho(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (RequestId.Find(context) is { } id)
            context.Response.Headers[RequestId.Header] = id;
        return next(context);
    }
}
