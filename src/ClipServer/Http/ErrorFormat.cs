using ClipGrpc.Server.Access;

namespace ClipGrpc.Server.Http;

/// <summary>How one family of clients reads errors.</summary>
internal abstract class ErrorFormat : IErrorBody
{
    public Task WriteAsync(HttpResponse response, ClipException error) =>
        WriteAsync(response, RequestError.From(error));

    public Task WriteAsync(HttpResponse response, RequestError error)
    {
        response.StatusCode = error.Status ?? ToStatus(error);
        HttpStatus.SetHeaders(response, error.Reason, error.RetryAfter);
        return WriteBodyAsync(response, error);
    }

    protected virtual int ToStatus(RequestError error) => HttpStatus.Of(error.Code);

    protected abstract Task WriteBodyAsync(HttpResponse response, RequestError error);
}
