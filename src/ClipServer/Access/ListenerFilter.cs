namespace ClipGrpc.Server.Access;

/// <summary>
/// Answers an endpoint only on its own port. A port number would not do as the test, because it may be 0 (any free
/// one) until the server listens.
/// </summary>
internal sealed class ListenerFilter(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint() is { } endpoint)
        {
            var wanted = endpoint.Metadata.GetMetadata<ListenerMetadata>()?.Listener ?? Listener.Grpc;
            if (context.Features.Get<ConnectionOrigin>()?.Listener != wanted)
                context.SetEndpoint(null);
        }

        return next(context);
    }
}
