using System.Text;
using System.Text.Json.Nodes;

namespace ClipGrpc.Server.Http;

/// <summary>
/// The description of all endpoints over HTTP, which is kept by hand: requests are unions that no generator finds, and
/// tests send its examples. It has what the server offers, and the server's version.
/// </summary>
internal static class OpenApiDocument
{
    public static byte[] Read(HttpOptions options)
    {
        using var file = typeof(OpenApiDocument).Assembly.GetManifestResourceStream("openapi.json")!;
        var document = JsonNode.Parse(file)!.AsObject();
        document["info"]!["version"] = ProductVersion.Text;
        var off = new (bool IsOn, string Tag)[]
        {
            (options.OpenAi, "OpenAI"), (options.HuggingFace, "Hugging Face"), (options.Jina, "Jina"),
            (options.Weaviate, "Weaviate"), (options.Qdrant, "Qdrant"), (options.OpenInference, "Open Inference"),
            (options.ServesPage(), "Page"),
        }.Where(item => !item.IsOn).Select(item => item.Tag).ToHashSet(StringComparer.Ordinal);
        var paths = document["paths"]!.AsObject();
        foreach (var (path, operations) in paths.Select(path => (path.Key, path.Value!.AsObject())).ToList())
        {
            var unserved = operations.Where(operation => TagsOf(operation.Value!).All(off.Contains)).ToList();
            foreach (var (method, _) in unserved)
                operations.Remove(method);
            if (operations.Count == 0)
                paths.Remove(path);
        }

        document["tags"]!.AsArray().RemoveAll(tag => off.Contains((string)tag!["name"]!));
        return Encoding.UTF8.GetBytes(document.ToJsonString());
    }

    public static Task WriteAsync(HttpResponse response, byte[] document)
    {
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = document.Length;
        return response.Body.WriteAsync(document, response.HttpContext.RequestAborted).AsTask();
    }

    private static IEnumerable<string> TagsOf(JsonNode operation) =>
        operation["tags"]!.AsArray().Select(tag => (string)tag!);
}
