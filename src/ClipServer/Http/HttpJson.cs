using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ClipGrpc.Server.Http;

/// <summary>The bodies of responses.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(OpenAiErrorBody))]
[JsonSerializable(typeof(TextErrorBody))]
[JsonSerializable(typeof(TeiErrorBody))]
[JsonSerializable(typeof(OpenAiEmbeddings))]
[JsonSerializable(typeof(OpenAiModel))]
[JsonSerializable(typeof(OpenAiModelList))]
[JsonSerializable(typeof(HuggingFaceLabel[]))]
[JsonSerializable(typeof(EmbeddingVector[]))]
[JsonSerializable(typeof(float[]))]
[JsonSerializable(typeof(TeiRank[]))]
[JsonSerializable(typeof(TeiInfo))]
[JsonSerializable(typeof(JinaClassifications))]
[JsonSerializable(typeof(JinaRanking))]
[JsonSerializable(typeof(WeaviateVectors))]
[JsonSerializable(typeof(WeaviateMeta))]
[JsonSerializable(typeof(QdrantEmbeddings))]
internal sealed partial class HttpJson : JsonSerializerContext
{
    public static Task WriteAsync<T>(FacadeCall call, T body, JsonTypeInfo<T> type) =>
        WriteAsync(call.Http.Response, body, type);

    public static Task WriteAsync<T>(HttpResponse response, T body, JsonTypeInfo<T> type)
    {
        response.ContentType = "application/json; charset=utf-8";
        return JsonSerializer.SerializeAsync(response.BodyWriter, body, type, response.HttpContext.RequestAborted);
    }
}
