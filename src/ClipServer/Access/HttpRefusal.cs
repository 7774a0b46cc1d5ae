namespace ClipGrpc.Server.Access;

/// <summary>A refusal as an HTTP response in plain text.</summary>
internal static class HttpRefusal
{
    public static Task WriteAsync(HttpResponse response, ClipException error)
    {
        response.StatusCode = error.Code switch
        {
            ClipErrorCode.Unauthenticated => StatusCodes.Status401Unauthorized,
            ClipErrorCode.PermissionDenied => StatusCodes.Status403Forbidden,
            _ => StatusCodes.Status429TooManyRequests,
        };
        if (error.Code == ClipErrorCode.Unauthenticated)
            response.Headers.WWWAuthenticate = "Bearer";
        if (error.RetryAfter is { } delay)
            response.Headers.RetryAfter = $"{Math.Ceiling(delay.TotalSeconds):0}";
        return response.WriteAsync(error.Message);
    }
}
