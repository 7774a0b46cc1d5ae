namespace ClipGrpc.Server.Access;

/// <summary>A refusal as plain text, for endpoints whose clients expect nothing else.</summary>
internal sealed class HttpRefusal : IErrorBody
{
    public static HttpRefusal Instance { get; } = new();

    public Task WriteAsync(HttpResponse response, ClipException error)
    {
        response.StatusCode = HttpStatus.Of(error.Code);
        HttpStatus.SetHeaders(response, error.Reason, error.RetryAfter);
        return response.WriteAsync(error.Message);
    }
}
