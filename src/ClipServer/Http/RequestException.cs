namespace ClipGrpc.Server.Http;

/// <summary>Ends a call over HTTP with an error.</summary>
internal sealed class RequestException(RequestError error) : Exception(error.Message)
{
    public RequestError Error => error;
}
