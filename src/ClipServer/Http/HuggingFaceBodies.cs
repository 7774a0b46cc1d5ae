using System.Text.Json.Serialization;

namespace ClipGrpc.Server.Http;

internal sealed record HuggingFaceLabel(float Score, string Label);

/// <summary>A candidate by its index; <paramref name="Text"/> only if the request asks for it.</summary>
internal sealed record TeiRank(
    int Index,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Text,
    float Score);

internal sealed record TeiInfo(
    string ModelId, string ModelSha, string ModelDtype, TeiModelType ModelType, int MaxInputLength, int MaxBatchTokens,
    int MaxBatchRequests, int MaxClientBatchSize, bool AutoTruncate, string Version);

internal sealed record TeiModelType(TeiEmbeddingType Embedding);

internal sealed record TeiEmbeddingType(string Pooling);
