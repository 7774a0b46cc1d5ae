using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClipGrpc.Server.Http;

/// <summary>
/// The inference container of Weaviate's module multi2vec-clip. Its requests name no model; one other than the default
/// has a path of its own, <c>/weaviate/NAME</c>.
/// </summary>
internal sealed class WeaviateFacade(FacadeEngine engine)
{
    public const string ModelPrefix = "/weaviate/";

    private const string Vectorize = "/vectorize";

    public Task VectorizeAsync(FacadeCall call) => VectorizeAsync(call, null);

    public Task DescribeAsync(FacadeCall call) => DescribeAsync(call, null);

    /// <summary>Readiness and liveness: no content while the model serves.</summary>
    public Task ProbeAsync(FacadeCall call) => ProbeAsync(call, null);

    /// <summary>What is posted to a model's own path.</summary>
    public Task PostToModelAsync(FacadeCall call)
    {
        var path = call.GetPathAfter(ModelPrefix);
        return path.EndsWith(Vectorize, StringComparison.Ordinal)
            ? VectorizeAsync(call, path[..^Vectorize.Length])
            : throw NotFound(path);
    }

    /// <summary>What is read from a model's own path.</summary>
    public Task GetFromModelAsync(FacadeCall call)
    {
        var path = call.GetPathAfter(ModelPrefix);
        foreach (var (end, handle) in new (string, Func<FacadeCall, string?, Task>)[]
        {
            ("/meta", DescribeAsync), ("/.well-known/ready", ProbeAsync), ("/.well-known/live", ProbeAsync),
        })
        {
            if (path.EndsWith(end, StringComparison.Ordinal))
                return handle(call, path[..^end.Length]);
        }

        throw NotFound(path);
    }

    private async Task VectorizeAsync(FacadeCall call, string? modelName)
    {
        using var body = await call.ReadBodyAsync();
        var request = new JsonFields(body.Root);
        var model = engine.GetModel(modelName);
        var inputs = ReadAll(request, "texts", HttpInput.Text);
        var texts = inputs.Count;
        inputs.AddRange(ReadAll(request, "images", HttpInput.Image));
        var embedded = inputs.Count == 0 ? [] : await engine.EmbedAsync(model, inputs, call);
        var vectors = Array.ConvertAll(embedded, item => EmbeddingVector.From(item));
        await HttpJson.WriteAsync(
            call, new WeaviateVectors(vectors[..texts], vectors[texts..]), HttpJson.Default.WeaviateVectors);
    }

    private Task DescribeAsync(FacadeCall call, string? modelName)
    {
        var info = engine.GetModel(modelName).Info;
        var meta = new WeaviateMeta(
            info.Name, info.Source, info.Revision, info.Precision, info.Config.EmbeddingDimensions,
            info.Config.Image.Size, info.Config.ContextLength);
        return HttpJson.WriteAsync(call, meta, HttpJson.Default.WeaviateMeta);
    }

    private Task ProbeAsync(FacadeCall call, string? modelName)
    {
        engine.GetModel(modelName);
        call.Http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private List<HttpInput> ReadAll(JsonFields request, string name, Func<JsonElement, string, HttpInput> read)
    {
        if (request.Find(name) is not { } values)
            return [];
        if (values.ValueKind != JsonValueKind.Array)
            throw JsonFields.WrongType(name, "an array of strings", values);
        if (values.GetArrayLength() == 0)
            return [];

        engine.CheckCount(values.GetArrayLength(), name);
        var inputs = new List<HttpInput>(values.GetArrayLength());
        foreach (var value in values.EnumerateArray())
            inputs.Add(read(value, $"{name}[{inputs.Count}]"));
        return inputs;
    }

    private static ClipException NotFound(string path) => new(
        ClipErrorReason.ServiceNotFound,
        $"There is no {ModelPrefix}{Excerpt.Of(path)}; a model has /vectorize, /meta, /.well-known/ready and "
        + "/.well-known/live.");
}

internal sealed record WeaviateVectors(
    [property: JsonPropertyName("textVectors")] EmbeddingVector[] TextVectors,
    [property: JsonPropertyName("imageVectors")] EmbeddingVector[] ImageVectors);

internal sealed record WeaviateMeta(
    string Model, string Source, string Revision, string Precision, int Dimensions, int ImageSize, int ContextLength);
