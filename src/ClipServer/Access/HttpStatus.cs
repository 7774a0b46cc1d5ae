using ClipGrpc.Server.Telemetry;

namespace ClipGrpc.Server.Access;

/// <summary>The status code and the headers of an error, whatever the format of its body.</summary>
internal static class HttpStatus
{
    /// <summary>Whatever the format of the body, programs find the reason here.</summary>
    public const string ReasonHeader = "x-error-reason";

    public static int Of(ClipErrorCode code) => code switch
    {
        ClipErrorCode.InvalidInput => StatusCodes.Status400BadRequest,
        ClipErrorCode.NotFound => StatusCodes.Status404NotFound,
        ClipErrorCode.Overloaded => StatusCodes.Status429TooManyRequests,
        ClipErrorCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        ClipErrorCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ClipErrorCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        ClipErrorCode.PermissionDenied => StatusCodes.Status403Forbidden,
        ClipErrorCode.Internal => StatusCodes.Status500InternalServerError,
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, null),
    };

    /// <summary>
    /// How to identify oneself, and when to try again: in whole seconds, and for clients that read it in milliseconds.
    /// For programs and for the log: the reason, and the request's id.
    /// </summary>
    public static void SetHeaders(HttpResponse response, ClipErrorReason reason, TimeSpan? retryAfter)
    {
        response.Headers[ReasonHeader] = ReasonName.Of(reason);
        response.Headers[RequestId.Header] = RequestId.Of(response.HttpContext);
        if (reason.ToCode() == ClipErrorCode.Unauthenticated)
            response.Headers.WWWAuthenticate = "Bearer";
        if (retryAfter is not { } delay)
            return;

        response.Headers.RetryAfter = $"{Math.Ceiling(delay.TotalSeconds):0}";
        response.Headers["retry-after-ms"] = $"{Math.Ceiling(delay.TotalMilliseconds):0}";
    }
}
