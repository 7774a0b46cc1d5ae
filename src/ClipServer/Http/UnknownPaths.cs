using ClipGrpc.Server.Access;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Http;

/// <summary>
/// Gives requests below <c>/v1</c> and <c>/v2</c> that no endpoint takes an error in the format that the clients of
/// these paths read, instead of an empty body.
/// </summary>
internal sealed class UnknownPaths(RequestDelegate next, IOptions<HttpOptions> options)
{
    private const string Cohere = "Cohere's API is not served.";

    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint() is not RouteEndpoint && FindFormat(context) is { } errors
            ? RunAsync(context, errors)
            : next(context);

    private async Task RunAsync(HttpContext context, ErrorFormat errors)
    {
        await next(context);
        var response = context.Response;
        if (!response.HasStarted && FindError(context.Request, response) is { } error)
            await errors.WriteAsync(response, error);
    }

    /// <summary>Null: the path belongs to no interface, or the connection is one of gRPC.</summary>
    private ErrorFormat? FindFormat(HttpContext context)
    {
        var listener = context.Features.Get<ConnectionOrigin>()?.Listener ?? default;
        if (listener != Listener.Admin && !listener.HasFlag(Listener.Http))
            return null;

        var path = context.Request.Path;
        if (path.StartsWithSegments("/v1"))
            return options.Value.OpenAi || options.Value.Jina ? OpenAiErrors.OpenAi : null;
        return path.StartsWithSegments("/v2") && options.Value.OpenInference ? TextErrors.Instance : null;
    }

    private RequestError? FindError(HttpRequest request, HttpResponse response) => response.StatusCode switch
    {
        StatusCodes.Status404NotFound => new RequestError(ClipErrorReason.ServiceNotFound, DescribeMissing(request)),
        StatusCodes.Status405MethodNotAllowed => new RequestError(
            ClipErrorReason.ServiceNotFound,
            $"{request.Path} does not support {request.Method}; it supports {response.Headers.Allow}.")
        {
            Status = StatusCodes.Status405MethodNotAllowed,
            ErrorCode = "method_not_allowed",
        },
        _ => null,
    };

    private string DescribeMissing(HttpRequest request) => request.Path.Value switch
    {
        "/v2/embed" when options.Value.OpenAi =>
            $"{Cohere} Texts and images are embedded by POST /v1/embeddings, in the format of the OpenAI API.",
        "/v2/rerank" when options.Value.Jina =>
            $"{Cohere} Documents are ranked by POST /v1/rerank, in the format of the Jina API.",
        "/v2/embed" or "/v2/rerank" => Cohere,
        _ => $"There is no {request.Method} {Excerpt.Of(request.Path)}; GET /openapi/v1.json lists the endpoints.",
    };
}
