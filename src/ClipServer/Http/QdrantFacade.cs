using System.Text.Json;
using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.Http;

/// <summary>The inference service that Qdrant can be configured with.</summary>
internal sealed class QdrantFacade(FacadeEngine engine)
{
    public async Task InferAsync(FacadeCall call)
    {
        using var body = await call.ReadBodyAsync();
        var request = new JsonFields(body.Root);
        var values = request.Get("inputs");
        if (values.ValueKind != JsonValueKind.Array)
            throw JsonFields.WrongType("inputs", "an array of objects", values);

        engine.CheckCount(values.GetArrayLength(), "inputs");
        var inputs = new List<(HttpInput Input, RunningModel Model)>(values.GetArrayLength());
        foreach (var value in values.EnumerateArray())
            inputs.Add(ReadInput(value, $"inputs[{inputs.Count}]"));

        await call.Memory.ReserveResponseAsync(inputs.Sum(item => FacadeEngine.SizeOfEmbeddings(item.Model, 1)));
        var embeddings = new EmbeddingVector[inputs.Count];
        var usage = new Dictionary<string, QdrantModelUsage>(StringComparer.Ordinal);
        foreach (var ofModel in inputs.Index().GroupBy(item => item.Item.Model))
        {
            var embedded = await engine.EmbedAsync(ofModel.Key, [.. ofModel.Select(item => item.Item.Input)], call);
            foreach (var (item, result) in ofModel.Zip(embedded))
                embeddings[item.Index] = EmbeddingVector.From(result);
            usage.Add(ofModel.Key.Name, new QdrantModelUsage(OpenAiFacade.CountTokens(embedded, ofModel.Key)));
        }

        await HttpJson.WriteAsync(
            call, new QdrantEmbeddings(embeddings, new QdrantUsage(usage)), HttpJson.Default.QdrantEmbeddings);
    }

    private (HttpInput Input, RunningModel Model) ReadInput(JsonElement value, string field)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw JsonFields.WrongType(field, "an object", value);

        var input = new JsonFields(value, field);
        var (data, dataField) = (input.Get("data"), input.PathOf("data"));
        var read = (input.FindText("data_type") ?? "text") switch
        {
            "text" => HttpInput.Text(data, dataField),
            "image" => HttpInput.Image(data, dataField),
            var other => throw RequestError.Invalid(
                input.PathOf("data_type"), $"\"{Excerpt.Of(other)}\" is not supported; use text or image.",
                "unsupported"),
        };
        return (read, engine.GetModel(input.FindText("model")));
    }
}

internal sealed record QdrantEmbeddings(EmbeddingVector[] Embeddings, QdrantUsage Usage);

/// <param name="Models">By the model's name.</param>
internal sealed record QdrantUsage(IReadOnlyDictionary<string, QdrantModelUsage> Models);

internal sealed record QdrantModelUsage(int Tokens);
