namespace ClipGrpc.Server.Access;

/// <summary>
/// Serves an endpoint only on its own listener. A port number would not do as the test, because it may be 0 (any free
/// one) until the server listens, and a socket has none.
/// </summary>
internal sealed class ListenerFilter(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint() is { } endpoint)
        {
            var wanted = endpoint.Metadata.GetMetadata<ListenerMetadata>()?.Listener ?? Listener.Grpc;
            var origin = context.Features.Get<ConnectionOrigin>()?.Listener ?? default;
            if (origin != Listener.Admin && !origin.HasFlag(wanted))
                context.SetEndpoint(null);
        }

        return next(context);
    }
}
