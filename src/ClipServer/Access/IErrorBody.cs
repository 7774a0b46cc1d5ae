namespace ClipGrpc.Server.Access;

/// <summary>Metadata of an endpoint: how its clients expect an error.</summary>
internal interface IErrorBody
{
    Task WriteAsync(HttpResponse response, ClipException error);
}
