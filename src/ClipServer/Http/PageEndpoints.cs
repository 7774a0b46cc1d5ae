using System.Collections.Frozen;
using ClipGrpc.Server.Access;

namespace ClipGrpc.Server.Http;

/// <summary>
/// The page for browsers: static files, which need no role because they are the same for everybody. It calls the server
/// with gRPC-Web, under the roles and limits of these calls.
/// </summary>
internal static class PageEndpoints
{
    private const string Prefix = "page/";
    private const string Start = "index.html";

    /// <summary>Nothing but files of the page runs in it, and no other page can show it in a frame.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
        + "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'";

    public static void MapPage(this WebApplication app)
    {
        var files = typeof(PageEndpoints).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(name => name[Prefix.Length..], PageFile.Read, StringComparer.Ordinal);
        app.Map("/", http => WriteAsync(http, files[Start]));
        app.Map("/page/{**file}", http => files.TryGetValue($"{http.Request.RouteValues["file"]}", out var file)
            ? WriteAsync(http, file)
            : NotFoundAsync(http.Response));
    }

    private static void Map(this WebApplication app, string path, RequestDelegate handler) => app
        .MapMethods(path, [HttpMethods.Get, HttpMethods.Head], handler)
        .WithMetadata(new ListenerMetadata(Listener.Http))
        .WithAccessRules();

    private static Task WriteAsync(HttpContext http, PageFile file)
    {
        var response = http.Response;
        var headers = response.Headers;
        headers.ETag = file.ETag;
        headers.CacheControl = "no-cache"; // kept, and asked for again with the ETag
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=(), payment=(), usb=()";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (http.Request.Headers.IfNoneMatch.Any(tags => tags?.Contains(file.ETag, StringComparison.Ordinal) == true))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = file.ContentType;
        response.ContentLength = file.Content.Length;
        return HttpMethods.IsHead(http.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(file.Content, http.RequestAborted).AsTask();
    }

    private static Task NotFoundAsync(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
