namespace ClipGrpc.Server.Access;

/// <summary>The status code and the headers of an error, whatever the format of its body.</summary>
internal static class HttpStatus
{
    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromMilliseconds(100);

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

    /// <summary>How to identify oneself, and when to try again: in whole seconds, and for clients that read it in
    /// milliseconds.</summary>
    public static void SetHeaders(HttpResponse response, ClipErrorCode code, TimeSpan? retryAfter)
    {
        if (code == ClipErrorCode.Unauthenticated)
            response.Headers.WWWAuthenticate = "Bearer";
        if (code != ClipErrorCode.Overloaded)
            return;

        var delay = retryAfter ?? DefaultRetryAfter;
        response.Headers.RetryAfter = $"{Math.Ceiling(delay.TotalSeconds):0}";
        response.Headers["retry-after-ms"] = $"{Math.Ceiling(delay.TotalMilliseconds):0}";
    }
}
