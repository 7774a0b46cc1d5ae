namespace ClipGrpc.Server.Http;

/// <summary>
/// Errors as one text, for the clients of the Hugging Face inference API, of Weaviate's module and of Qdrant.
/// </summary>
internal sealed class TextErrors : ErrorFormat
{
    public static TextErrors Instance { get; } = new();

    protected override Task WriteBodyAsync(HttpResponse response, RequestError error) =>
        HttpJson.WriteAsync(response, new TextErrorBody(error.Message), HttpJson.Default.TextErrorBody);
}

internal sealed record TextErrorBody(string Error);
