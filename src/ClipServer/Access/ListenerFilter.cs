using Grpc.AspNetCore.Web;

namespace ClipGrpc.Server.Access;

/// <summary>
/// Serves an endpoint only on its own listener. A port number would not do as the test, because it may be 0 (any free
/// one) until the server listens, and a socket has none.
/// </summary>
internal sealed class ListenerFilter(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        // Routing has an endpoint of its own for methods that a path does not take, on every listener.
        if (context.GetEndpoint() is RouteEndpoint endpoint)
        {
            var wanted = IsGrpcWeb(context.Request, endpoint)
                ? Listener.Http
                : endpoint.Metadata.GetMetadata<ListenerMetadata>()?.Listener ?? Listener.Grpc;
            var origin = context.Features.Get<ConnectionOrigin>()?.Listener ?? default;
            if (origin != Listener.Admin && !origin.HasFlag(wanted))
                context.SetEndpoint(null);
        }

        return next(context);
    }

    /// <summary>Those calls come over HTTP/1.1, on the port of browsers.</summary>
    private static bool IsGrpcWeb(HttpRequest request, Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IGrpcWebEnabledMetadata>() is { GrpcWebEnabled: true }
        && request.ContentType?.StartsWith("application/grpc-web", StringComparison.OrdinalIgnoreCase) == true;
}
