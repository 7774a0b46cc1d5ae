using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace ClipGrpc.Server.Telemetry;

/// <summary>The gRPC status of an HTTP response: in its trailers or, if it has no messages, in its headers.</summary>
internal static class GrpcTrailers
{
    public const string Status = "grpc-status";

    /// <summary>The status that the caller gets; null while none is set.</summary>
    public static StatusCode? FindStatus(HttpResponse response)
    {
        var trailers = response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        if (trailers is null || !trailers.TryGetValue(Status, out var values))
            values = response.Headers[Status];
        return int.TryParse(values, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? (StatusCode)code
            : null;
    }
}
